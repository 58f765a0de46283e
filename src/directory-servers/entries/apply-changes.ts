import { attributesIn, type ChangeRecord } from '../../domain/change-record.ts';
import type { Clock } from '../../foundation/clock.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { Failure, exitCodes, interrupted, messageOf } from '../../foundation/failure.ts';
import type { ApplyOptions, ApplyReport, ChangeOutcome, Refusal } from '../entry-changes.ts';
import type { ChangeConnection } from './change-connection.ts';
import { type ChangeRequest, type ChangeRules, oids, rehearsalOf, requestsOf } from './change-rules.ts';
import { type LdapResult, refusalOf } from './refusal.ts';
import { resultCodes } from '../ldap-session.ts';

/** What the changes go over. */
export interface ChangePlace {
  readonly connection: ChangeConnection;
  readonly rules: ChangeRules;
  /** For people: the server. */
  readonly url: string;
  readonly clock: Clock;
  readonly maxRequestBytes: number | undefined;
  /** What {@link shapeOf} gives for additions that the server's check has let through. */
  readonly knownShapes: Set<string>;
}

const parallelUnlessTold = 32;

/**
 * Makes the changes of one wave after the other, those of a wave in any order, many at a time.
 *
 * @throws Failure E_CHANGES_CUT_OFF when the connection was lost, E_INTERRUPTED after an abort; both tell how many changes were made. What was under way at a loss may
 * have been made too; at an abort it is waited for.
 */
export async function applyWaves(
  waves: readonly (readonly ChangeRecord[])[],
  place: ChangePlace,
  options: ApplyOptions,
): Promise<ApplyReport> {
  const { signal, parallel = parallelUnlessTold, maxPerSecond, onOutcome, report } = options;
  const total = waves.reduce((sum, wave) => sum + wave.length, 0);
  const made = { applied: 0, refused: 0 };
  const step = 'change entries';
  const mayBegin = pacemaker(maxPerSecond, place.clock, signal);
  let first = 0;
  report?.({ kind: 'begin', step, total, unit: 'entries' });
  try {
    for (const wave of waves) {
      const from = first;
      await mapConcurrently(wave, parallel, async (change, index) => {
        signal?.throwIfAborted();
        await mayBegin();
        const outcome = await settle(withoutKnownChecks(requestsOf(change, place.rules), place), place);
        if (outcome.state === 'applied' && change.kind === 'add') place.knownShapes.add(shapeOf(change));
        made[outcome.state] += 1;
        onOutcome?.(outcome, change, from + index);
        const done = made.applied + made.refused;
        if (done % 50 === 0 || done === total) report?.({ kind: 'advance', step, done, total });
      });
      first += wave.length;
    }
  } catch (error) {
    // Told here, when all that was under way has come to its end.
    if (signal?.aborted === true) throw stopped(made.applied, total);
    throw place.connection.lost === undefined ? error : cutOff(place.url, place.connection.lost, made.applied, total);
  }
  report?.({ kind: 'end', step, ...(made.refused === 0 ? {} : { isBad: true, note: `${made.refused} refused` }) });
  return made;
}

/** Asks the server whether it would make these changes now, each by itself; changes nothing. In their order. */
export async function rehearse(changes: readonly ChangeRecord[], place: ChangePlace): Promise<readonly ChangeOutcome[]> {
  return mapConcurrently(changes, parallelUnlessTold, (change) => settle(rehearsalOf(change, place.rules), place)).catch(
    (error: unknown) => {
      throw place.connection.lost === undefined ? error : cutOff(place.url, place.connection.lost, 0, changes.length);
    },
  );
}

/** Of entries that are made alike the server need not be asked each time: a thousand people are one shape, and a check takes it a third as long as an addition. */
function withoutKnownChecks(requests: readonly ChangeRequest[], { knownShapes }: ChangePlace): readonly ChangeRequest[] {
  const change = requests.at(-1)?.change;
  if (requests.length < 2 || change?.kind !== 'add' || !knownShapes.has(shapeOf(change))) return requests;
  return requests.filter(({ isCheck }) => !isCheck);
}

/** All that the schema's rules for whole entries are about: the classes, the attributes, and which of them have more than one value. */
function shapeOf({ attributes }: Extract<ChangeRecord, { kind: 'add' }>): string {
  const words = attributes.map(({ name, values }) => {
    const key = name.toLowerCase();
    if (key === 'objectclass')
      return values
        .map((value) => Buffer.from(value).toString('latin1').toLowerCase())
        .toSorted()
        .join(' ');
    return values.length > 1 ? `${key}*` : key;
  });
  return words.toSorted().join(',');
}

async function settle(requests: readonly ChangeRequest[], place: ChangePlace): Promise<ChangeOutcome> {
  for (const request of requests) {
    const bytes = requestBytes(request.change);
    const { maxRequestBytes } = place;
    // A server that is sent more ends the connection, and so all the rest.
    if (maxRequestBytes !== undefined && bytes > maxRequestBytes) return { state: 'refused', refusal: tooLarge(bytes, maxRequestBytes) };
    const result = await patiently(request, place);
    const isGood = result.code === success || (request.isCheck && result.code === resultCodes.noOperation);
    if (!isGood && !isNoObjection(request, result)) return { state: 'refused', refusal: refusalOf(result) };
  }
  return { state: 'applied' };
}

const success = 0;
const busyAttempts = 5;

/** OpenDJ tries for seconds to lock an entry that others change before it says busy, so no pause of ours is needed. */
async function patiently({ change, controls }: ChangeRequest, { connection }: ChangePlace): Promise<LdapResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await connection.request(change, controls);
    if (result.code !== resultCodes.busy || attempt >= busyAttempts) return result;
  }
}

/** What its values come to; the rest is small beside them where it matters. */
function requestBytes(change: ChangeRecord): number {
  return attributesIn(change).reduce((sum, { values }) => values.reduce((bytes, { length }) => bytes + length + valueHeadBytes, sum), 0);
}

const valueHeadBytes = 4;

function tooLarge(bytes: number, limit: number): Refusal {
  const text = `the change has ${bytes} bytes, and the server takes at most ${limit} in one request (max-request-size of its connection handler)`;
  return { kind: 'other', result: 'tooLarge', text, attribute: undefined };
}

/**
 * A check is asked without the stored password, which some classes require: that it is not there is no objection then. And with the no-operation control OpenDJ 5.0.3 does
 * not look at that for repairs when it changes an entry, so that it objects, after the rights were looked at, to what it does take.
 */
function isNoObjection({ isCheck, controls }: ChangeRequest, { code, text }: LdapResult): boolean {
  if (!isCheck) return false;
  if (code === objectClassViolation && /missing attribute (userPassword|authPassword)\b/i.test(text)) return true;
  return controls.some(({ oid }) => oid === oids.replicationRepair) && /pre-encoded|NO-USER-MODIFICATION/i.test(text);
}

const objectClassViolation = 65;

/** Lets at most so many begin in a second, evenly. */
function pacemaker(maxPerSecond: number | undefined, clock: Clock, signal: AbortSignal | undefined): () => Promise<void> {
  if (maxPerSecond === undefined) return async () => undefined;
  let next = clock.now().getTime();
  return async () => {
    const now = clock.now().getTime();
    const at = Math.max(next, now);
    next = at + 1000 / maxPerSecond;
    if (at > now) await clock.sleep(at - now, signal);
  };
}

function cutOff(url: string, error: unknown, applied: number, total: number): Failure {
  const state = `${messageOf(error)}, after ${applied} of ${total} changes were made; those that were under way may have been made too`;
  return new Failure('E_CHANGES_CUT_OFF', `Cannot go on changing entries on ${url}: ${state}`, {
    hint: 'run the same command again when the server answers: it plans anew against what is there, and goes on',
    exitCode: applied > 0 ? exitCodes.partial : exitCodes.failure,
    facts: { applied, total },
    cause: error,
  });
}

function stopped(applied: number, total: number): Failure {
  const hint = 'run the same command again: it plans anew against what is there, and goes on';
  return interrupted('The change of entries', `${applied} of ${total} changes were made`, hint);
}
