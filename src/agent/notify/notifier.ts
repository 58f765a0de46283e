import type { Config } from '../../config/schema.ts';
import { jobs, type Job, type RunRecord } from '../../domain/run-record.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { RetryRule } from '../../foundation/retry.ts';
import { Secret } from '../../foundation/secret.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AgentEvent } from '../agent-view.ts';
import type { ArchiveWatch } from '../reporting/archive-watch.ts';
import type { Counters } from '../reporting/counters.ts';
import type { HttpWay } from '../reporting/http-request.ts';
import { orAborted } from '../reporting/or-aborted.ts';
import { type DeliveryOutcome, Outbox } from '../reporting/outbox.ts';
import { readCertificates } from '../reporting/read-certificates.ts';
import type { ReadSecret } from '../reporting/reporting-parts.ts';
import { type Channel, channelsOf } from './channels.ts';
import { decideNotification } from './decide-notification.ts';
import { describeNotification } from './notification.ts';
import { inWords } from './notification-text.ts';
import { parsePings } from './ping-file.ts';
import { type Ping, pingOf, sendPing } from './ping.ts';

export interface NotifierParts {
  readonly settings: Config['notify'];
  /** The runs of a job that are known, with as much of the history as can be read now; never rejects. */
  readonly history: (job: Job) => Promise<readonly RunRecord[]>;
  readonly archive: ArchiveWatch;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly secret: ReadSecret;
  readonly keepSecret: (secret: Secret) => void;
  readonly way: HttpWay;
}

/** A receiver that is away for a quarter of an hour misses nothing. */
const messageRule: RetryRule = { attempts: 11, firstPauseMilliseconds: 2000, longestPauseMilliseconds: 300_000 };
/** A ping is worth something while it is new. */
const pingRule: RetryRule = { attempts: 6, firstPauseMilliseconds: 1000, longestPauseMilliseconds: 30_000 };

/** Tells people, and dead-man switches, of this agent's own runs. Nothing here holds up a run. */
export class Notifier {
  readonly #parts: NotifierParts;
  readonly #channels: readonly { readonly channel: Channel; readonly outbox: Outbox }[];
  readonly #pings: ReadonlyMap<Job, Outbox>;
  readonly #deciding = new Set<Promise<void>>();

  private constructor(parts: NotifierParts, pings: ReadonlyMap<Job, URL>) {
    this.#parts = parts;
    const channels = channelsOf(parts.settings, parts.secret, parts.way);
    this.#channels = channels.map((channel) => ({ channel, outbox: this.#outbox(channel.kind, messageRule) }));
    this.#pings = new Map([...pings.keys()].map((job) => [job, this.#outbox('ping', pingRule)]));
    const kinds = [...channels.map(({ kind }) => kind), ...(pings.size > 0 ? ['ping'] : [])];
    for (const kind of kinds) for (const outcome of ['sent', 'failed', 'dropped'] as const) this.#count(kind, outcome, 0);
  }

  /**
   * Reads all files of secrets once, so that what is wrong with them is told at the start.
   *
   * @throws Failure E_SECRET_FILE, E_USAGE (exit code 2)
   */
  static async open(parts: NotifierParts): Promise<Notifier> {
    const { slackUrlFile, webhookTokenFile, mail } = parts.settings;
    const files = [
      ['notify.slackUrlFile', slackUrlFile],
      ['notify.webhookTokenFile', webhookTokenFile],
      ['notify.mail.passwordFile', mail.passwordFile],
    ] as const;
    for (const [setting, file] of files) if (file !== undefined) await parts.secret(file, setting);
    if (mail.caFile !== undefined) await readCertificates(mail.caFile, 'notify.mail.caFile');
    return new Notifier(parts, await readPings(parts));
  }

  /** Must hear of each event of the view. */
  see(event: AgentEvent): void {
    if (event.kind === 'begun') this.#ping(event.run.job, { signal: 'start', run: event.run.id });
    if (event.kind !== 'ended' || !event.isOwn) return;
    const ping = pingOf(event.run);
    if (ping !== undefined) this.#ping(event.run.job, ping);
    if (this.#channels.length === 0) return;
    const deciding = this.#tell(event.run).finally(() => this.#deciding.delete(deciding));
    this.#deciding.add(deciding);
  }

  /** Resolves when all was sent or given up, at the latest when `bound` aborts; nothing is sent any more then. */
  async close(bound: AbortSignal): Promise<void> {
    await orAborted(Promise.all(this.#deciding), bound).catch(() => undefined);
    const outboxes = [...this.#channels.map(({ outbox }) => outbox), ...this.#pings.values()];
    await Promise.all(outboxes.map((outbox) => outbox.close(bound)));
  }

  async #tell(record: RunRecord): Promise<void> {
    const { history, settings, archive, clock } = this.#parts;
    const decision = decideNotification(record, await history(record.job), settings.repeat);
    if (decision === undefined) return;
    const { snapshots } = archive.facts ?? {};
    const notification = inWords(describeNotification({ record, decision, snapshots, now: clock.now() }));
    for (const { channel, outbox } of this.#channels) outbox.add((signal) => channel.send(notification, signal));
  }

  #ping(job: Job, ping: Ping): void {
    this.#pings.get(job)?.add(async (signal) => {
      const check = (await readPings(this.#parts)).get(job);
      if (check !== undefined) await sendPing(check, ping, job, this.#parts.way, signal);
    });
  }

  #outbox(kind: string, rule: RetryRule): Outbox {
    return new Outbox({ kind, rule, onOutcome: (outcome) => this.#count(kind, outcome) }, this.#parts);
  }

  #count(kind: string, outcome: DeliveryOutcome, by?: number): void {
    this.#parts.counters.add('rootcellar_notifications_total', { kind, outcome }, by);
  }
}

async function readPings({ settings, secret, keepSecret }: NotifierParts): Promise<ReadonlyMap<Job, URL>> {
  const { pingFile } = settings;
  if (pingFile === undefined) return new Map();
  const pings = parsePings((await secret(pingFile, 'notify.pingFile')).reveal(), pingFile);
  for (const job of jobs) {
    const url = pings.get(job);
    if (url !== undefined) keepSecret(new Secret(url.href));
  }
  return pings;
}
