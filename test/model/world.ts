import assert from 'node:assert/strict';
import path from 'node:path';
import { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Clock } from '../../src/foundation/clock.ts';
import { Secret } from '../../src/foundation/secret.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import type { LockOwner } from '../../src/repository/repository.ts';
import { noClaims, otherThan, perform, type Claims } from './actions.ts';
import type { StagedSet } from './contents.ts';
import { assertAllowed, isBusy } from './expected.ts';
import { Bell, Interleaving } from './interleaving.ts';
import { Ledger } from './ledger.ts';
import { lockMilliseconds, ModelProcess, type Outcome } from './model-process.ts';
import { hour, type Action, type ProcessPlan, type Setting, type Step, type Where } from './steps.ts';
import type { Restic } from '../harness/restic.ts';
import { resticSnapshots, runResticCommand } from './restic-commands.ts';
import type { Tally } from './tally.ts';

/** The time of a world: it passes only when it is told. */
export interface WorldClock extends Clock {
  advance(milliseconds: number): Promise<void>;
}

export interface WorldOptions {
  readonly setting: Setting;
  readonly clock: WorldClock;
  readonly stores: Readonly<Record<Where, ObjectStore>>;
  readonly sets: readonly StagedSet[];
  /** For the writers' caches. */
  readonly folder: string;
  readonly tally: Tally;
  /** The stock restic at an archive, with a password. */
  readonly restic?: ((where: Where, password: string) => Promise<Restic>) | undefined;
  /** A defect that is planted, as a process has its stores. */
  readonly plant?: ((store: ObjectStore, plan: ProcessPlan) => ObjectStore) | undefined;
}

const passwords = ['a', 'b', 'c'] as const;
const graceMilliseconds = 24 * hour;
const places = ['first', 'second'] as const;

/** How a process runs beside others. */
interface Surroundings {
  readonly isAlone: boolean;
  readonly interleaving?: Interleaving;
}

/** Two archives, who works on them, and what they reported. */
export class World {
  readonly trace: string[] = [];
  readonly ledgers: Readonly<Record<Where, Ledger>>;
  readonly #options: WorldOptions;
  readonly #bell = new Bell();
  readonly #contents = new Map<string, number>();
  readonly #alive = new Set<number>();
  readonly #checked = new Map<Where, string>();
  #passing: Promise<void> = Promise.resolve();
  #processes = 0;
  /** Whatever was left over has been taken away. */
  #isAtEnd = false;
  /** Pins may be left whose snapshots are gone. */
  #mayLosePins = false;

  private constructor(options: WorldOptions) {
    this.#options = options;
    const ledgerOf = (where: Where): Ledger => new Ledger(where, options.sets, this.#contents, passwords[0]);
    this.ledgers = { first: ledgerOf('first'), second: ledgerOf('second') };
  }

  static async make(options: WorldOptions): Promise<World> {
    const world = new World(options);
    const [first, second] = places.map((where) => world.#archive(where, passwords[0]));
    assert.ok(first && second);
    await first.create();
    const { target } = options.setting;
    const isMade = target === 'made' ? await second.create() : await second.copierFrom(first)?.createTarget(target === 'new keys');
    assert.ok(isMade);
    // Long ago, so that no listing is too old to show it.
    await world.pass(2 * hour);
    return world;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.trace.push(`step ${step.kind}`);
      switch (step.kind) {
        case 'pass':
          await this.pass(step.milliseconds);
          break;
        case 'run':
          await this.#runAlone(step.process);
          break;
        case 'restic':
          await this.#runRestic(step);
          break;
        case 'both':
          await this.#runBoth(step.processes, step.turns);
          break;
      }
      await this.check();
    }
  }

  /** Nobody has to tidy up: after whatever happened each archive can be written to, copied and pruned, and nothing is left over. */
  async end(): Promise<void> {
    const plan = (action: ProcessPlan['action']): Step => ({
      kind: 'run',
      process: { action, writer: 0, key: 0, millisecondsPerCall: 0 },
    });
    const pass: Step = { kind: 'pass', milliseconds: 25 * hour };
    const last = [plan({ kind: 'save', where: 'first', content: 0 }), plan({ kind: 'copy', where: 'second' })];
    const ofEach = (kind: 'prune' | 'verify'): Step[] => places.map((where) => plan({ kind, where }));
    await this.run([...last, ...ofEach('prune'), pass, ...ofEach('prune')]);
    this.#isAtEnd = true;
    await this.run(ofEach('verify'));
    for (const where of places) {
      const [password = passwords[0]] = this.ledgers[where].passwords;
      await (
        await this.#options.restic?.(where, password)
      )?.('check', '--read-data');
      const locks = await Array.fromAsync(this.#options.stores[where].list('locks/'));
      assert.deepEqual(
        locks.map(({ key }) => key),
        [],
        `${where}: locks were left`,
      );
    }
  }

  /** One after the other: two that moved the clock at once would set it back. */
  pass(milliseconds: number): Promise<void> {
    const passing = this.#passing.then(() => this.#options.clock.advance(milliseconds));
    this.#passing = passing;
    return passing;
  }

  async check(): Promise<void> {
    for (const where of places) {
      const state = await this.#stateOf(where);
      if (this.#checked.get(where) === state) continue;
      await this.ledgers[where].check((password) => this.#archive(where, password), passwords, this.#options.clock.now());
      this.#options.tally.checks += 1;
      this.#options.tally.pinsSeen += this.ledgers[where].pinnedSnapshots;
      this.#options.tally.snapshotsRead += this.ledgers[where].keptSnapshots;
      this.#checked.set(where, await this.#stateOf(where));
    }
  }

  /** What a check goes by: all that lies in the store, and all that was reported. */
  async #stateOf(where: Where): Promise<string> {
    const keys = (await Array.fromAsync(this.#options.stores[where].list(''))).map(({ key, etag }) => `${key} ${etag}`);
    return [...keys, this.ledgers[where].version].join('\n');
  }

  /** Who finds it locked comes again when a dead lock has ended, and then must not. */
  async #runAlone(plan: ProcessPlan): Promise<void> {
    const outcome = await this.#runProcess(plan, { isAlone: true });
    if (plan.fault !== undefined || !isBusy(outcome)) return;
    await this.pass(lockMilliseconds);
    // Also tells which passwords open it after what was tried in vain.
    await this.check();
    const again = await this.#runProcess(plan, { isAlone: true });
    assert.ok(!isBusy(again), `${plan.action.kind}: still locked when each lock has ended`);
  }

  /** A restic that meets a lock waits for whoever left it: our next run removes it when it is dead. */
  async #runRestic({ command, where, number }: Step & { readonly kind: 'restic' }): Promise<void> {
    const { restic: resticWith, sets, tally } = this.#options;
    assert.ok(resticWith);
    const [password = passwords[0]] = this.ledgers[where].passwords;
    const [otherPassword = passwords[0]] = this.ledgers[otherThan(where)].passwords;
    const restic = await resticWith(where, password);
    tally.addAction(`restic ${command}`);
    this.trace.push(`restic ${command}`);
    // It does not know of pins.
    this.#mayLosePins ||= command === 'forget';
    const work = async (): Promise<void> => {
      await runResticCommand(command, { restic, number, sets, otherPassword, other: this.#options.stores[otherThan(where)].location });
    };
    try {
      await work();
    } catch (error) {
      assert.match(String(error), /already locked/);
      await this.pass(lockMilliseconds);
      for (const place of places)
        await this.#runAlone({ action: { kind: 'prune', where: place }, writer: 0, key: 0, millisecondsPerCall: 0 });
      await work();
    }
    const listed = await resticSnapshots(restic);
    this.trace.push(`restic done, ${listed.length} snapshots`);
    this.ledgers[where].noteByOthers(listed);
  }

  async #runBoth(plans: readonly [ProcessPlan, ProcessPlan], turns: readonly number[]): Promise<void> {
    const interleaving = new Interleaving(turns, this.#bell);
    const surroundings = { isAlone: false, interleaving };
    await Promise.all(plans.map((plan) => this.#runProcess(plan, surroundings)));
  }

  async #runProcess(plan: ProcessPlan, { isAlone, interleaving }: Surroundings): Promise<Outcome<void>> {
    const pid = (this.#processes += 1);
    const { clock, setting, tally } = this.#options;
    const say = (text: string): void => void this.trace.push(`${pid} ${text}`);
    const claims = noClaims();
    const since = { first: this.ledgers.first.version, second: this.ledgers.second.version };
    const process = new ModelProcess(plan, {
      clock,
      bell: this.#bell,
      pid,
      isAlive: (other) => (setting.knowsTheDead ? this.#alive.has(other) : undefined),
      pass: (milliseconds) => this.pass(milliseconds),
      runMeanwhile: (steps) => {
        // What it has begun to forget may be gone already.
        for (const where of places) this.ledgers[where].note({ ...noClaims(), forgetting: claims.forgetting }, since[where]);
        return this.run(steps);
      },
      interleaving,
      onFault: (fault, call) => {
        say(`fault ${fault.kind}`);
        tally.addFault(plan, fault, call);
      },
      onCall: say,
    });
    tally.addAction(plan.action.kind);
    say(JSON.stringify(plan.action));
    if (isKeyWork(plan.action)) this.ledgers[plan.action.where].beginKeyWork();
    const login = this.#passwordsOf(plan);
    this.#alive.add(pid);
    const backupId = `20261123${String(100_000 + (this.#contents.size % 60) + 100 * Math.floor(this.#contents.size / 60))}Z`;
    if (plan.action.kind === 'save') this.#contents.set(backupId, plan.action.content);
    const archives = { first: this.#archive('first', login.first, process), second: this.#archive('second', login.second, process) };
    const working = process.run(() =>
      perform(plan.action, { archives, sets: this.#options.sets, backupId, passwords, now: () => clock.now() }, claims),
    );
    const [outcome] = await Promise.all([working, this.#letTimePass(process)]).finally(() => this.#alive.delete(pid));
    say(outcome.kind === 'failed' ? `failed: ${outcome.failure.code} ${outcome.failure.message}` : outcome.kind);
    if (outcome.kind === 'failed') tally.addFailure(plan, outcome.failure.code);
    this.#note(plan, outcome, claims, { backupId, login: login[plan.action.where], isAlone, since });
    this.#notePins(plan, outcome, claims, process);
    assertAllowed(plan, outcome, claims, isAlone);
    if (this.#isAtEnd) assert.deepEqual(this.#unexplained(claims.objectFindings), [], 'verify found damage');
    return outcome;
  }

  /** The passwords that a process comes with. */
  #passwordsOf({ key }: ProcessPlan): Readonly<Record<Where, string>> {
    const one = (where: Where): string => {
      const known = this.ledgers[where].passwords;
      return known[key % known.length] ?? passwords[0];
    };
    return { first: one('first'), second: one('second') };
  }

  /** Where all that a process does is wait, the time passes until it need not. */
  async #letTimePass(process: ModelProcess): Promise<void> {
    while (!process.hasEnded) {
      if (process.isAsleep) await this.pass(1000);
      else await this.#bell.next();
    }
  }

  #note(
    plan: ProcessPlan,
    outcome: Outcome<void>,
    claims: Claims,
    {
      backupId,
      login,
      isAlone,
      since,
    }: { readonly backupId: string; readonly login: string; readonly isAlone: boolean; readonly since: Readonly<Record<Where, number>> },
  ): void {
    const { action, fault } = plan;
    const ledger = this.ledgers[action.where];
    // A killed process has told nobody; what it began to forget may be gone.
    const told = outcome.kind === 'killed' ? { ...noClaims(), forgetting: claims.forgetting, unpinning: claims.unpinning } : claims;
    for (const where of places) this.ledgers[where].note(told, since[where]);
    if (!isAlone && fault?.kind === 'doubled') ledger.doubtForgotten();
    if (action.kind === 'save' && outcome.kind === 'failed' && fault?.kind !== 'lost') ledger.noteNotMade(backupId);
    if (isKeyWork(action)) this.#noteKeyWork(plan, outcome, claims, { login, isAlone });
  }

  #notePins({ action }: ProcessPlan, outcome: Outcome<void>, { forgetting }: Claims, { frozenMilliseconds }: ModelProcess): void {
    // It may have pinned what had just gone, and died before it saw that.
    if (action.kind === 'pin' && outcome.kind !== 'done') this.#mayLosePins = true;
    if (frozenMilliseconds < graceMilliseconds || forgetting.length === 0) return;
    this.#mayLosePins = true;
    for (const where of places) this.ledgers[where].excuse(forgetting.filter((one) => one.where === where).map(({ id }) => id));
  }

  /** Without pins of snapshots that are not there, where one may be left. */
  #unexplained(findings: readonly string[]): readonly string[] {
    return this.#mayLosePins ? findings.filter((finding) => !/^\.rootcellar\/pins\/.*which is not there/.test(finding)) : findings;
  }

  #noteKeyWork(
    { action, fault }: ProcessPlan,
    outcome: Outcome<void>,
    claims: Claims,
    { login, isAlone }: { readonly login: string; readonly isAlone: boolean },
  ): void {
    const ledger = this.ledgers[action.where];
    ledger.endKeyWork();
    const isCertain = isAlone && fault?.kind !== 'freeze' && fault?.kind !== 'stale';
    if (outcome.kind === 'done' && isCertain) ledger.noteKeys(claims, { action, login });
    else ledger.doubtKeys(isAlone && action.kind !== 'change key' && fault?.kind !== 'freeze' ? [login] : []);
  }

  #archive(where: Where, password: string, process?: ModelProcess): RepositoryArchive {
    const { stores, clock, plant, setting, folder } = this.#options;
    const store = stores[where];
    const own = process === undefined ? store : process.storeOver(store);
    const looker: LockOwner = { hostname: 'looker', username: 'model', pid: 0 };
    return new RepositoryArchive(process === undefined || plant === undefined ? own : plant(own, process.plan), {
      clock: process?.clock ?? clock,
      password: new Secret(password),
      owner: process?.owner ?? looker,
      graceMilliseconds,
      writer: { workers: 1, packBytes: 8192, cutSizes: { min: 4096, average: 8192, max: 32_768 } },
      scrypt: { N: 16, r: 1, p: 1 },
      cacheFolder: process !== undefined && setting.hasCache ? path.join(folder, `cache-${process.plan.writer}`) : undefined,
    });
  }
}

function isKeyWork({ kind }: Action): boolean {
  return kind === 'add key' || kind === 'change key' || kind === 'remove key';
}
