import path from 'node:path';
import { type ChangeRecord, hasSecret } from '../../domain/change-record.ts';
import { compactTime } from '../../domain/compact-time.ts';
import { entryAfter, type EntryState, stateOf } from '../../domain/entry-after.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { DirectoryServer } from '../../directory-servers/directory-server.ts';
import type { ChangeOutcome, Refusal } from '../../directory-servers/entry-changes.ts';
import type { Clock } from '../../foundation/clock.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { Failure, isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { PlannedChange, PlannedWaves } from '../plan/planned-change.ts';
import { ExpectedEntries, type Unproven } from './prove-changes.ts';
import { writeUndoFile } from './undo-file.ts';

export interface ApplyScene {
  readonly server: DirectoryServer;
  readonly clock: Clock;
  /** Where the undo file is written: a path, or a folder for a name with the time in it. */
  readonly undo: { readonly file: string } | { readonly folder: string };
  readonly maxPerSecond?: number | undefined;
}

/** The server's schema, by which the plan was made, goes with it. */
export interface ApplyRequest extends ApplyScene {
  readonly schema: Schema;
}

export interface RefusedChange {
  readonly planned: PlannedChange;
  readonly refusal: Refusal;
}

export interface AppliedPlan {
  /** Undefined where there was nothing to change. */
  readonly undoFile: string | undefined;
  readonly applied: number;
  readonly refused: readonly RefusedChange[];
  /** Changes that the server said it made, whose entry is not as it should be then. */
  readonly unproven: readonly Unproven[];
  /** Entries that were read back and are as planned. */
  readonly proven: number;
  readonly milliseconds: number;
}

/**
 * Makes the changes of a plan: asks the server first whether the account may; writes the undo file; changes wave by wave; reads each changed entry back and holds it
 * against what it was before and what was asked. What the server refuses is reported, and the rest goes on.
 *
 * @throws Failure E_PRIVILEGE_MISSING and E_UNDO_NOT_WRITABLE before anything is changed; E_CHANGES_CUT_OFF, E_INTERRUPTED in the midst of it, which name the undo file
 */
export async function applyPlan({ waves }: PlannedWaves, scene: ApplyRequest, options: OperationContext): Promise<AppliedPlan> {
  const { server, clock, schema } = scene;
  const begun = clock.now();
  const all = waves.filter((wave) => wave.length > 0);
  if (all.length === 0) return { undoFile: undefined, applied: 0, refused: [], unproven: [], proven: 0, milliseconds: 0 };
  await assertMayChange(all, scene, options);
  const undoFile =
    'file' in scene.undo ? scene.undo.file : path.join(scene.undo.folder, `rootcellar-undo-${compactTime(begun.toISOString())}.ldif`);
  await writeUndoFile(undoFile, { waves: all }, { server: server.location, time: begun });
  // Whatever becomes of this process or of its document: whoever followed it knows the way back.
  options.report?.({ kind: 'note', level: 'info', text: `undo file: ${undoFile}` });
  const done = new Applied(all, schema, undoFile);
  for (const wave of all) await done.applyWave(wave, scene, options);
  const { unproven, proven } = await done.expected.prove(server, schema, options);
  const milliseconds = clock.now().getTime() - begun.getTime();
  return { undoFile, applied: done.applied, refused: done.refused, unproven, proven, milliseconds };
}

/** One change of each kind, and one with a password, is tried without effect: rights that lack show before anything is changed. */
async function assertMayChange(waves: PlannedWaves['waves'], { server }: ApplyScene, options: OperationContext): Promise<void> {
  const samples = new Map<string, ChangeRecord>();
  for (const { change } of waves[0] ?? []) {
    const key = `${change.kind}${hasSecret(change) ? ' with a password' : ''}`;
    if (!samples.has(key)) samples.set(key, change);
  }
  const outcomes = await server.rehearseChanges([...samples.values()], options);
  const refused = outcomes.flatMap((outcome) =>
    outcome.state === 'refused' && outcome.refusal.kind === 'rights' ? [outcome.refusal] : [],
  );
  const [first] = refused;
  if (first === undefined) return;
  const missing = (await server.missingPrivileges('entries', options)).map(({ privilege, neededFor }) => `${privilege} (${neededFor})`);
  const state = missing.length === 0 ? first.text : `${first.text}; the account lacks ${missing.join(', ')}`;
  throw new Failure('E_PRIVILEGE_MISSING', `Cannot change entries on ${server.location}: ${state}; nothing was changed`, {
    hint: 'give the account what docs/guide/least-privilege-account.md lists for entries',
  });
}

const readsAtOnce = 16;

/** What has been done so far. */
class Applied {
  readonly refused: RefusedChange[] = [];
  readonly expected = new ExpectedEntries();
  applied = 0;
  readonly #total: number;
  readonly #schema: Schema;
  readonly #undoFile: string;

  constructor(waves: PlannedWaves['waves'], schema: Schema, undoFile: string) {
    this.#total = waves.reduce((sum, wave) => sum + wave.length, 0);
    this.#schema = schema;
    this.#undoFile = undoFile;
  }

  async applyWave(wave: readonly PlannedChange[], { server, maxPerSecond }: ApplyScene, options: OperationContext): Promise<void> {
    const before = await this.#expectedAfter(wave, server, options);
    const onOutcome = (outcome: ChangeOutcome, _: ChangeRecord, index: number): void => {
      const planned = wave[index];
      if (planned === undefined) return;
      if (outcome.state === 'refused') this.refused.push({ planned, refusal: outcome.refusal });
      else {
        this.applied += 1;
        this.expected.note(planned.change, before[index]);
      }
    };
    try {
      await server.applyChanges([wave.map(({ change }) => change)], { ...options, maxPerSecond, onOutcome });
    } catch (error) {
      throw this.#withUndoFile(error);
    }
  }

  /** What each entry of the wave will be. The digests alone are kept. */
  async #expectedAfter(wave: readonly PlannedChange[], server: DirectoryServer, options: OperationContext) {
    try {
      return await mapConcurrently(wave, readsAtOnce, async ({ change }) => {
        const found = change.kind === 'add' || change.kind === 'delete' ? undefined : await server.readEntry(change.dn, options);
        const after: EntryState | undefined = entryAfter(
          found === undefined ? undefined : stateOf(found, this.#schema),
          change,
          this.#schema,
        );
        return after === undefined ? undefined : this.expected.digestOf(after, change, this.#schema);
      });
    } catch (error) {
      throw this.#withUndoFile(error);
    }
  }

  #withUndoFile(error: unknown): unknown {
    if (!isFailure(error)) return error;
    const made = `${this.applied} of ${this.#total} changes were made`;
    const { code, exitCode, facts } = error;
    const message = `${error.message.replace(/\d+ of \d+ changes were made/, made)}${error.message.includes('changes were made') ? '' : `; ${made}`}`;
    const hint = `run the same command again: it plans anew against what is there, and goes on; or take back what was made: rootcellar entry undo ${this.#undoFile}`;
    return new Failure(code, message, { exitCode, hint, facts: { ...facts, applied: this.applied, total: this.#total }, cause: error });
  }
}
