import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { ids, isWhole } from '../damaged-archive.ts';
import { repositoryArchive } from '../repository-archive.ts';
import { resticAt } from '../restic.ts';
import { type Outcome, runOn } from '../run-on-archive.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import type { DamageScene, RepositoryClass } from './damage-scene.ts';
import { type Damage, inflict } from './damages.ts';
import { followRemedies, remediesIn } from './follow-remedies.ts';

/** What is expected of one damage to one class of objects. */
export interface Cell {
  /**
   * Which verify names it: `at once`, without reading content · `by reading` it, and not before · `as a note`: it is told and is no damage · `never`: nothing
   * can tell it from what is right, and nothing suffers.
   */
  readonly found: 'at once' | 'by reading' | 'as a note' | 'never';
  /** The exit code of the verify that finds it. */
  readonly exitCode: 0 | 3 | 12 | 20;
  /** Whether just those sets suffer that need what was damaged, or none. */
  readonly suffer: 'who needs it' | 'nobody';
  /** All that is run to put it right: what verify names, and `--forget` where that repair names it. */
  readonly remedies: readonly string[];
  /** What becomes of those that suffer; all others stay whole in any case. `by another password`: whoever has one repairs it, and all are whole. */
  readonly after: 'whole' | 'lost' | 'by another password';
}

/** Damages of a class with what is expected of each. */
export type Row = readonly [of: RepositoryClass, damages: Readonly<Partial<Record<Damage, Cell>>>];

interface Verified {
  readonly outcome: Outcome;
  /** The backup IDs of those that suffer, oldest first. */
  readonly suffer: readonly string[];
  readonly objects: readonly { readonly object: string; readonly isDamage: boolean }[];
  readonly remedies: readonly string[];
}

interface VerifyJson {
  readonly snapshots: readonly { readonly id: string; readonly damages: readonly unknown[] }[];
  readonly objects: Verified['objects'];
}

const lockMinutes = 31;

/** How much is done for the cells of a class. */
export interface Thoroughness {
  /** Whether verify with `--read-data` is tried as well: only content is read by it alone. */
  readonly readsData: (of: RepositoryClass) => boolean;
  /** Whether restic would see the damage, and is to be content afterwards. */
  readonly isForRestic: (of: RepositoryClass) => boolean;
}

/** A test for each cell. */
export function testCells(getScene: () => DamageScene, rows: readonly Row[], { readsData, isForRestic }: Thoroughness): void {
  for (const [of, cells] of rows) {
    for (const [damage, cell] of Object.entries(cells) as [Damage, Cell][]) {
      test(`verify() of ${of}, ${damage}: ${describeCell(cell)}`, async () => {
        const first = getScene();
        await first.comeBackTo(first.whole);
        const { sufferers, remedies } = await damageAndVerify(first, of, { damage, cell, readsData: readsData(of) });
        // A lock that cannot be read holds for half an hour.
        await first.clock.advance(lockMinutes * 60_000);
        const isByAnother = cell.after === 'by another password';
        const scene = isByAnother ? await openedByAnother(first) : first;
        assert.deepEqual(await followRemedies(scene, isByAnother ? undefined : remedies), cell.remedies);
        await assertAfter(scene, cell.after === 'lost' ? sufferers : []);
        if (isForRestic(of)) await assertResticIsContent(scene, isByAnother ? 'second' : 'test');
      });
    }
  }
}

/** Whose key nothing can be made of cannot repair; somebody else can. */
async function openedByAnother(scene: DamageScene): Promise<DamageScene> {
  const refused = await runOn(scene.open(), ['repair', 'config', '--yes'], scene.clock);
  assert.equal(refused.exitCode, 12, refused.text);
  return { ...scene, open: () => repositoryArchive(scene.store, { clock: scene.clock, password: 'second' }) };
}

function describeCell({ found, exitCode, suffer, remedies, after }: Cell): string {
  const repaired = remedies.length === 0 ? 'nothing to repair' : `${remedies.join(', ')}: ${suffer === 'nobody' ? 'as before' : after}`;
  return `found ${found} (${exitCode}), ${suffer === 'nobody' ? 'nobody suffers' : 'just those suffer that need it'}; ${repaired}`;
}

interface Found {
  readonly sufferers: readonly string[];
  readonly remedies: readonly string[];
}

async function damageAndVerify(
  scene: DamageScene,
  of: RepositoryClass,
  { damage, cell, readsData }: { readonly damage: Damage; readonly cell: Cell; readonly readsData: boolean },
): Promise<Found> {
  const victim = scene.victims[of];
  const isExchange = damage === 'it and another one exchanged' && typeof victim.other === 'string';
  const keys = [victim.key, ...(isExchange ? [String(victim.other)] : [])];
  const hit = await inflict(scene.store, victim, damage);
  const needing = new Set(keys.flatMap((key) => scene.setsThatNeed(key, hit)));
  const sufferers = cell.suffer === 'nobody' ? [] : ids.filter((id) => needing.has(id));
  assert.deepEqual(await setsThatAreNotWhole(scene), sufferers, 'what cannot be read back');
  const atOnce = await verify(scene, false);
  const isFoundAtOnce = cell.found !== 'by reading';
  if (isFoundAtOnce) assertFound(atOnce, cell, { keys, sufferers });
  else assert.deepEqual([atOnce.outcome.exitCode, atOnce.objects], [0, []], atOnce.outcome.text);
  if (!readsData) return { sufferers, remedies: atOnce.remedies };
  const byReading = await verify(scene, true);
  assertFound(byReading, cell, { keys, sufferers });
  return { sufferers, remedies: byReading.remedies };
}

function assertFound(
  verified: Verified,
  { found, exitCode }: Cell,
  { keys, sufferers }: { readonly keys: readonly string[]; readonly sufferers: readonly string[] },
): void {
  const { outcome, suffer } = verified;
  assert.equal(outcome.exitCode, exitCode, outcome.text);
  assertNamed(verified, found, keys);
  // A set that is no longer listed is told beside the others.
  if (found === 'as a note') for (const id of sufferers) assert.ok(outcome.text.includes(`the whole set prod/${id}`), outcome.text);
  else assert.deepEqual(suffer, sufferers, outcome.text);
}

/** Where nothing could be opened the one sentence names the object. */
function assertNamed({ outcome, objects }: Verified, found: Cell['found'], keys: readonly string[]): void {
  if (outcome.json === undefined) {
    assert.match(
      outcome.text,
      keys[0] === 'config' ? /^Cannot read the config/ : /of which 1 cannot be read|none of its 2 keys can be read|of its 1 key/,
    );
    return;
  }
  const damaged = objects.filter(({ isDamage }) => isDamage).map(({ object }) => object);
  const isNamed = (key: string): boolean => damaged.includes(key) || (key.startsWith('index/') && damaged.includes('index/'));
  if (found === 'at once' || found === 'by reading') assert.ok(keys.every(isNamed), outcome.text);
  else assert.deepEqual([damaged, objects.length > 0], [[], found === 'as a note'], outcome.text);
}

async function verify(scene: DamageScene, readData: boolean): Promise<Verified> {
  const outcome = await runOn(scene.open(), ['verify', ...(readData ? ['--read-data'] : [])], scene.clock);
  const remedies = remediesIn(outcome.text);
  if (outcome.json === undefined) return { outcome, suffer: ids, objects: [], remedies };
  const { snapshots, objects } = outcome.json as VerifyJson;
  const hurt = new Set(snapshots.filter(({ damages }) => damages.length > 0).map(({ id }) => id));
  const suffer = ids.filter((id) => hurt.has(scene.snapshotIds.get(id) ?? ''));
  return { outcome, suffer, objects, remedies };
}

async function assertAfter(scene: DamageScene, lost: readonly string[]): Promise<void> {
  assert.deepEqual(await setsThatAreNotWhole(scene), lost, 'what cannot be read back after it');
  const { outcome } = await verify(scene, false);
  assert.equal(outcome.exitCode, 0, outcome.text);
}

/** Those that are not listed as complete, or of which a byte is not what was archived. */
async function setsThatAreNotWhole(scene: DamageScene): Promise<readonly string[]> {
  const archive = scene.open();
  const listed = await archive.list().catch(() => []);
  const whole = await Promise.all(
    ids.map(async (id) => {
      const found = listed.find(({ backupId, state }) => backupId === id && state === 'complete');
      return found !== undefined && (await isWhole(archive, found));
    }),
  );
  return ids.filter((_id, place) => whole[place] !== true);
}

async function assertResticIsContent(scene: DamageScene, password: string): Promise<void> {
  await using home = await temporaryFolder('damage-cell');
  for (const [key, bytes] of await scene.content()) {
    const file = path.join(home.path, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  const restic = await resticAt({ repository: home.path, password });
  await restic('check', '--read-data', '--no-lock');
}
