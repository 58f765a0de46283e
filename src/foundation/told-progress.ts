import type { PlannedStage, ProgressEvent, ProgressUnit } from './progress.ts';

/** A step as it was told last. */
export interface ToldStep {
  readonly step: string;
  readonly state: 'running' | 'done' | 'bad';
  /** RFC 3339, UTC. */
  readonly beganAt: string;
  readonly endedAt?: string | undefined;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  readonly unit?: ProgressUnit | undefined;
  readonly note?: string | undefined;
}

export interface ToldNote {
  readonly level: 'info' | 'warning';
  readonly text: string;
}

/** What an operation told so far, in bounded room: a thousand stages, the last 200 steps and notes, 2000 characters of a text. */
export interface ToldProgress {
  /** What it plans to do, in order. */
  readonly stages?: readonly PlannedStage[] | undefined;
  /** The key of the stage that it came to. */
  readonly stage?: string | undefined;
  /** In the order of their beginnings, each name once as it was last. */
  readonly steps: readonly ToldStep[];
  /** The oldest first. */
  readonly notes: readonly ToldNote[];
}

export const nothingTold: ToldProgress = { steps: [], notes: [] };

const mostStages = 1000;
const mostSteps = 200;
const mostNotes = 200;
const mostCharacters = 2000;

/** After one more event. `at`: when it was heard, RFC 3339, UTC. */
export function afterProgress(told: ToldProgress, event: ProgressEvent, at: string): ToldProgress {
  switch (event.kind) {
    case 'plan':
      return { ...told, stages: event.stages.slice(0, mostStages).map(({ key, text }) => ({ key: cut(key), text: cut(text) })) };
    case 'stage':
      return { ...told, stage: cut(event.key) };
    case 'begin':
      return begun(told, { step: cut(event.step), state: 'running', beganAt: at, ...sizeOf(event) });
    case 'advance':
      return changed(told, event.step, () => ({ done: event.done, ...sizeOf(event) }));
    case 'end':
      return changed(told, event.step, ({ total }) => ({
        state: event.isBad === true ? 'bad' : 'done',
        endedAt: at,
        ...(total === undefined || event.isBad === true ? {} : { done: total }),
        ...(event.note === undefined ? {} : { note: cut(event.note) }),
      }));
    case 'note':
      return afterNote(told, event);
  }
}

/** After one more note. */
export function afterNote(told: ToldProgress, { level, text }: ToldNote): ToldProgress {
  return { ...told, notes: [...told.notes, { level, text: cut(text) }].slice(-mostNotes) };
}

/** When nothing more will be told: what is under way ended as the whole did. */
export function afterEnd(told: ToldProgress, state: 'done' | 'bad', at: string): ToldProgress {
  return { ...told, steps: told.steps.map((step) => (step.state === 'running' ? { ...step, state, endedAt: at } : step)) };
}

/** What begins a second time takes its own place. */
function begun(told: ToldProgress, step: ToldStep): ToldProgress {
  return { ...told, steps: bounded([...told.steps.filter((other) => other.step !== step.step), step]) };
}

function changed(told: ToldProgress, name: string, change: (step: ToldStep) => Partial<ToldStep>): ToldProgress {
  const isMeant = (step: ToldStep): boolean => step.state === 'running' && step.step === cut(name);
  return { ...told, steps: told.steps.map((step) => (isMeant(step) ? { ...step, ...change(step) } : step)) };
}

/** Those that ended first go first. */
function bounded(steps: readonly ToldStep[]): readonly ToldStep[] {
  if (steps.length <= mostSteps) return steps;
  const oldest = Math.max(
    0,
    steps.findIndex(({ state }) => state !== 'running'),
  );
  return steps.toSpliced(oldest, 1);
}

function sizeOf({ total, unit }: { readonly total?: number | undefined; readonly unit?: ProgressUnit | undefined }): Partial<ToldStep> {
  return { ...(total === undefined ? {} : { total }), ...(unit === undefined ? {} : { unit }) };
}

function cut(text: string): string {
  return text.slice(0, mostCharacters);
}
