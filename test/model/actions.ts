import assert from 'node:assert/strict';
import type { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { isFailure } from '../../src/foundation/failure.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { planForget } from '../../src/history/forget.ts';
import { prune } from '../../src/history/prune.ts';
import type { StagedSet } from './contents.ts';
import { type Action, hour, type Where } from './steps.ts';

/** What an action says that it did, or has begun to do; where it is killed that is all that is known. */
export interface Claims {
  /** Snapshots that are reported as archived. */
  readonly archived: { readonly where: Where; readonly id: string }[];
  /** Told before they are asked to go. */
  readonly forgetting: { readonly where: Where; readonly id: string }[];
  /** Reported as forgotten. */
  readonly forgotten: { readonly where: Where; readonly id: string }[];
  /** Reported as pinned. `until`: milliseconds since 1970. */
  readonly pinned: { readonly where: Where; readonly id: string; readonly until: number | undefined }[];
  /** Told before it is asked for. */
  readonly unpinning: { readonly where: Where; readonly id: string }[];
  readonly addedKey: { readonly id: string; readonly password: string }[];
  readonly removedKeys: string[];
  /** What verify found of snapshots, and copy could not copy; sentences. */
  readonly findings: string[];
  /** What verify found of objects, be any snapshot hurt or not. */
  readonly objectFindings: string[];
}

export function noClaims(): Claims {
  return {
    archived: [],
    forgetting: [],
    forgotten: [],
    pinned: [],
    unpinning: [],
    addedKey: [],
    removedKeys: [],
    findings: [],
    objectFindings: [],
  };
}

export interface ActionTools {
  /** The archives as the process has them. */
  readonly archives: Readonly<Record<Where, RepositoryArchive>>;
  readonly sets: readonly StagedSet[];
  /** One that no other set has. */
  readonly backupId: string;
  readonly passwords: readonly string[];
  readonly now: () => Date;
}

/** The other of the two archives. */
export function otherThan(where: Where): Where {
  return where === 'first' ? 'second' : 'first';
}

/** Does what a command of the program does, and notes down what it would tell. */
export async function perform(action: Action, tools: ActionTools, claims: Claims): Promise<void> {
  const { where } = action;
  const archive = tools.archives[where];
  switch (action.kind) {
    case 'save': {
      const set = tools.sets[action.content];
      assert.ok(set);
      claims.archived.push({ where, id: (await archive.save(set.folder, set.manifestAs(tools.backupId))).id });
      return;
    }
    case 'forget one': {
      const listed = await archive.list();
      const chosen = listed[action.which % Math.max(1, listed.length)];
      return forget(archive, where, chosen === undefined ? [] : [chosen], claims, { isNamed: true });
    }
    case 'forget by rule': {
      const rule = { keepLast: action.keepLast };
      return forget(archive, where, planForget(await archive.list(), { rule, ids: [] }).forget, claims, { isNamed: false });
    }
    case 'pin':
      return pin(archive, action, tools.now(), claims);
    case 'unpin': {
      const listed = (await archive.list()).filter(({ pinned }) => pinned !== undefined);
      const chosen = listed[action.which % Math.max(1, listed.length)];
      if (chosen === undefined) return;
      claims.unpinning.push({ where, id: chosen.id });
      await (await archive.pins()).unpin(chosen);
      return;
    }
    case 'prune':
      await prune(archive, true, {});
      return;
    case 'copy':
      return copy(tools.archives[otherThan(where)], archive, where, claims);
    case 'add key': {
      const labels = { username: 'model', hostname: 'model' };
      const password = passwordOf(action.password, tools);
      const { id } = await (await archive.keys()).add(new Secret(password), labels);
      claims.addedKey.push({ id, password });
      return;
    }
    case 'change key': {
      const labels = { username: 'model', hostname: 'model' };
      const password = passwordOf(action.password, tools);
      const { id, removed } = await (await archive.keys()).change(new Secret(password), labels);
      claims.addedKey.push({ id, password });
      claims.removedKeys.push(...removed);
      return;
    }
    case 'remove key':
      return removeKey(archive, action.which, claims);
    case 'verify':
      return verify(archive, claims);
    case 'repair index':
      await archive.repairs.repairIndex(true);
  }
}

function passwordOf(password: number, { passwords }: ActionTools): string {
  return passwords[password % passwords.length] ?? '';
}

async function forget(
  archive: RepositoryArchive,
  where: Where,
  snapshots: readonly Snapshot[],
  claims: Claims,
  { isNamed }: { readonly isNamed: boolean },
): Promise<void> {
  for (const snapshot of snapshots) {
    claims.forgetting.push({ where, id: snapshot.id });
    try {
      await archive.forget([snapshot]);
      claims.forgotten.push({ where, id: snapshot.id });
    } catch (error) {
      if (!isFailure(error, 'E_SNAPSHOT_PINNED')) throw error;
      claims.forgetting.pop();
      if (isNamed) throw error;
    }
  }
}

async function pin(
  archive: RepositoryArchive,
  { where, which, hours }: Action & { kind: 'pin' },
  now: Date,
  claims: Claims,
): Promise<void> {
  const listed = await archive.list();
  const chosen = listed[which % Math.max(1, listed.length)];
  if (chosen === undefined) return;
  const until = hours === 0 ? undefined : now.getTime() + hours * hour;
  const end = until === undefined ? {} : { until: new Date(until).toISOString() };
  await (await archive.pins()).pin(chosen, { at: now.toISOString(), by: 'model', ...end });
  claims.pinned.push({ where, id: chosen.id, until });
}

async function copy(from: RepositoryArchive, to: RepositoryArchive, where: Where, claims: Claims): Promise<void> {
  const copier = to.copierFrom(from);
  assert.ok(copier);
  const { copied, damaged } = await copier.copy(await from.list());
  claims.archived.push(...copied.map(({ id }) => ({ where, id })));
  claims.findings.push(...damaged.map(({ finding }) => finding));
}

async function removeKey(archive: RepositoryArchive, which: number, claims: Claims): Promise<void> {
  const keys = await archive.keys();
  const others = (await keys.list()).filter(({ isInUse }) => !isInUse);
  const chosen = others[which % Math.max(1, others.length)];
  if (chosen === undefined) return;
  await keys.planRemoval(chosen.id);
  await keys.remove(chosen.id);
  claims.removedKeys.push(chosen.id);
}

async function verify(archive: RepositoryArchive, claims: Claims): Promise<void> {
  for (const snapshot of await archive.list()) {
    const damages = await archive.verify(snapshot, false);
    claims.findings.push(...damages.map(({ path, finding }) => `${snapshot.backupId}: ${path} ${finding}`));
  }
  const objects = await archive.verifyObjects(false);
  claims.objectFindings.push(...objects.filter(({ isDamage }) => isDamage).map(({ object, finding }) => `${object} ${finding}`));
}
