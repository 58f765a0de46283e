import fc from 'fast-check';

/** The archive in which backups are made, and the one to which they are copied; each may be written to by anybody. */
export type Where = 'first' | 'second';

export type Action =
  /** `content`: which of the sets of files. */
  | { readonly kind: 'save'; readonly where: Where; readonly content: number }
  | { readonly kind: 'forget one'; readonly where: Where; readonly which: number }
  | { readonly kind: 'forget by rule'; readonly where: Where; readonly keepLast: number }
  /** `hours`: when it ends; 0 for never. */
  | { readonly kind: 'pin'; readonly where: Where; readonly which: number; readonly hours: number }
  /** One of those that are pinned. */
  | { readonly kind: 'unpin'; readonly where: Where; readonly which: number }
  | { readonly kind: 'prune'; readonly where: Where }
  /** All that the other archive lists. */
  | { readonly kind: 'copy'; readonly where: Where }
  | { readonly kind: 'add key'; readonly where: Where; readonly password: number }
  | { readonly kind: 'change key'; readonly where: Where; readonly password: number }
  | { readonly kind: 'remove key'; readonly where: Where; readonly which: number }
  | { readonly kind: 'verify'; readonly where: Where }
  | { readonly kind: 'repair index'; readonly where: Where };

/** What goes wrong for one process. `at` counts its writes and deletes from 0, of a freeze all its calls. */
export type Fault =
  /** It does nothing any more: before the write, in the middle of one that removes several objects, or after it and without knowing. */
  | { readonly kind: 'crash'; readonly at: number; readonly moment: 'before' | 'within' | 'after' }
  /** So many calls in a row fail, done or not; a few are fewer than are tried again. */
  | { readonly kind: 'lost'; readonly at: number; readonly calls: number; readonly isDone: boolean }
  /** The write arrives once more, so many calls later, but while the process lives. */
  | { readonly kind: 'doubled'; readonly at: number; readonly callsLater: number }
  /** Each listing shows what was there so many writes ago, but not longer ago than an hour. */
  | { readonly kind: 'stale'; readonly writesAgo: number }
  /** It stands still while others work. */
  | { readonly kind: 'freeze'; readonly at: number; readonly moment: 'before' | 'after'; readonly meanwhile: readonly Step[] };

/** A process that knows nothing of those before it. */
export interface ProcessPlan {
  readonly action: Action;
  /** Whose machine it runs on. */
  readonly writer: 0 | 1;
  /** Which of the passwords that open the archive it comes with. */
  readonly key: number;
  readonly millisecondsPerCall: number;
  readonly fault?: Fault | undefined;
}

/** `copy`: to `where`, from the other archive. */
export type ResticCommand = 'backup' | 'forget' | 'prune' | 'copy';

export type Step =
  | { readonly kind: 'pass'; readonly milliseconds: number }
  | { readonly kind: 'run'; readonly process: ProcessPlan }
  /** Two at once; by turns each makes so many calls. */
  | { readonly kind: 'restic'; readonly command: ResticCommand; readonly where: Where; readonly number: number }
  | { readonly kind: 'both'; readonly processes: readonly [ProcessPlan, ProcessPlan]; readonly turns: readonly number[] };

/** What is drawn once for a sequence. */
export interface Setting {
  /** How the second archive came to be. */
  readonly target: 'same keys' | 'new keys' | 'made';
  /** Whether a process sees that another one is gone, as on one machine. */
  readonly knowsTheDead: boolean;
  /** Whether each writer's machine keeps copies of small objects. */
  readonly hasCache: boolean;
}

export interface Sequence {
  readonly setting: Setting;
  readonly steps: readonly Step[];
}

export const minute = 60_000;
export const hour = 60 * minute;

const where: fc.Arbitrary<Where> = fc.constantFrom('first', 'first', 'second');
const few = fc.nat(5);

const working: readonly fc.WeightedArbitrary<Action>[] = [
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('save'), where, content: few }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('forget one'), where, which: few }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('forget by rule'), where, keepLast: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pin'), where, which: few, hours: fc.constantFrom(0, 0, 1, 20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unpin'), where, which: few }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('prune'), where }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('copy'), where: fc.constantFrom('second', 'second', 'first') }) },
];
const keyWork: readonly fc.WeightedArbitrary<Action>[] = [
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('add key'), where, password: few }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change key'), where, password: few }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove key'), where, which: few }) },
];
const looking: readonly fc.WeightedArbitrary<Action>[] = [
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('verify'), where }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repair index'), where }) },
];
const anyAction = (hasKeyWork: boolean): fc.Arbitrary<Action> => fc.oneof(...working, ...looking, ...(hasKeyWork ? keyWork : []));

/** Locks of a dead process end after two minutes, the grace after a day, and half of it matters too. */
const pass: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('pass'),
  milliseconds: fc.constantFrom(50_000, 3 * minute, 40 * minute, 13 * hour, 25 * hour, 25 * hour),
});

const faultAt = fc.nat(7);
const briefFault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('crash'), at: faultAt, moment: fc.constantFrom('before', 'within', 'after') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('lost'), at: faultAt, calls: fc.constantFrom(1, 2, 4, 9), isDone: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('doubled'), at: faultAt, callsLater: fc.nat(8) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stale'), writesAgo: fc.integer({ min: 1, max: 25 }) }) },
);

interface PlanSource {
  readonly action: fc.Arbitrary<Action>;
  readonly fault: fc.Arbitrary<Fault | undefined>;
}

function processPlan({ action, fault }: PlanSource): fc.Arbitrary<ProcessPlan> {
  return fc.record({
    action,
    writer: fc.constantFrom(0, 1),
    key: few,
    millisecondsPerCall: fc.constantFrom(0, 0, 0, 1000, 20_000),
    fault,
  });
}

const resticStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('restic'),
  command: fc.constantFrom('backup', 'forget', 'prune', 'copy'),
  where,
  number: few,
});

/** What sequences are made of. */
interface Ingredients {
  readonly action: fc.Arbitrary<Action>;
  readonly hasRestic: boolean;
}

function step(ingredients: Ingredients, isInFreeze: boolean): fc.Arbitrary<Step> {
  const { action, hasRestic } = ingredients;
  const restic = hasRestic ? [{ weight: isInFreeze ? 2 : 5, arbitrary: resticStep }] : [];
  const maybeBrief = fc.option(briefFault, { nil: undefined, freq: 2 });
  const run = processPlan({ action, fault: isInFreeze ? fc.constant(undefined) : maybeBrief });
  const both: fc.Arbitrary<Step> = fc.record({
    kind: fc.constant('both'),
    processes: fc.tuple(run, run),
    turns: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }),
  });
  const alone: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('run'), process: run });
  if (isInFreeze) return fc.oneof({ weight: 3, arbitrary: alone }, { weight: 2, arbitrary: pass }, ...restic);
  const frozen: fc.Arbitrary<Step> = fc.record({
    kind: fc.constant('run'),
    process: processPlan({
      action,
      fault: fc.record({
        kind: fc.constant('freeze'),
        at: fc.nat(30),
        moment: fc.constantFrom('before', 'after'),
        meanwhile: fc.array(step(ingredients, true), { minLength: 1, maxLength: 7 }),
      }),
    }),
  });
  return fc.oneof(
    { weight: 6, arbitrary: alone },
    { weight: 2, arbitrary: both },
    { weight: 2, arbitrary: frozen },
    { weight: 3, arbitrary: pass },
    ...restic,
  );
}

/** Which sequences to try. */
export interface Focus {
  readonly mostSteps?: number;
  /** Only these kinds of actions; all unless told. */
  readonly actions?: readonly Action['kind'][];
  /** Whether a stock restic takes part. */
  readonly hasRestic?: boolean;
}

/** Any sequence. Half of them leave the keys alone. */
export function sequence({ mostSteps = 14, actions, hasRestic = false }: Focus = {}): fc.Arbitrary<Sequence> {
  const setting: fc.Arbitrary<Setting> = fc.record({
    target: fc.constantFrom('same keys', 'new keys', 'made'),
    knowsTheDead: fc.boolean(),
    hasCache: fc.boolean(),
  });
  const action = (hasKeyWork: boolean): fc.Arbitrary<Action> => {
    const any = anyAction(hasKeyWork);
    return actions === undefined ? any : any.filter(({ kind }) => actions.includes(kind));
  };
  const steps = fc.boolean().chain((hasKeyWork) =>
    fc.array(step({ action: action(hasKeyWork), hasRestic }, false), {
      minLength: Math.min(5, mostSteps),
      maxLength: mostSteps,
      size: 'max',
    }),
  );
  return fc.record({ setting, steps });
}
