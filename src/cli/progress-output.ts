import type { Clock } from '../foundation/clock.ts';
import type { ProgressEvent, ReportProgress } from '../foundation/progress.ts';
import { printable, type Look } from './look.ts';
import { describeAdvance, describeEnd, StepTracker, type ShownEvent, type Step } from './progress-steps.ts';

/** Shows progress on the standard error. `pause` takes away what is not final, before something else is printed. */
export interface ProgressOutput {
  readonly report: ReportProgress;
  pause(): void;
}

export interface ProgressOptions {
  readonly write: (text: string) => void;
  readonly clock: Clock;
  readonly look: Look;
  /** Width of the terminal now. */
  readonly columns: () => number;
}

export const silentProgress: ProgressOutput = { report: () => undefined, pause: () => undefined };

const millisecondsBetweenLines = 5000;
const millisecondsBetweenDrawings = 100;

/**
 * For a pipe or a log file: a line at the begin and the end of a step, and one every five seconds between. Of notes only warnings: what a
 * server says while all goes well is twenty lines for each backend, and those who want it have `--json`.
 */
export function lineProgress({ write, clock, look }: ProgressOptions): ProgressOutput {
  const tracker = new StepTracker();
  const quietUntil = new Map<string, number>();
  const report = (event: ProgressEvent): void => {
    if (!isShown(event)) return;
    const at = clock.now().getTime();
    const step = tracker.follow(event, at);
    if (event.kind === 'advance' && at < (quietUntil.get(event.step) ?? at + 1)) return;
    if (step !== undefined) quietUntil.set(step.name, at + millisecondsBetweenLines);
    write(`${lineOf(event, step, at, look)}\n`);
  };
  return { report, pause: () => undefined };
}

/** For `--json`: the events themselves as JSON lines, those of advance at most once a second for each step. */
export function jsonProgress({ write, clock }: Pick<ProgressOptions, 'write' | 'clock'>): ProgressOutput {
  const quietUntil = new Map<string, number>();
  const report = (event: ProgressEvent): void => {
    const now = clock.now();
    if (event.kind === 'advance') {
      if (now.getTime() < (quietUntil.get(event.step) ?? 0)) return;
      quietUntil.set(event.step, now.getTime() + 1000);
    }
    const { kind, ...facts } = event;
    write(`${JSON.stringify({ event: kind, time: now.toISOString(), ...facts })}\n`);
  };
  return { report, pause: () => undefined };
}

/** For a terminal: a bar for each step that is under way, drawn again in place; a line for each that has ended, and for each warning. */
export function barProgress({ write, clock, look, columns }: ProgressOptions): ProgressOutput {
  const tracker = new StepTracker();
  let drawnLines = 0;
  let drawnAt = -Infinity;
  const erase = (): string => {
    const text = drawnLines === 0 ? '' : `\r\u001b[${drawnLines}A\u001b[J`;
    drawnLines = 0;
    return text;
  };
  const draw = (at: number): string => {
    const lines = tracker.underWay.map((step) => barLine(step, at, columns(), look));
    drawnLines = lines.length;
    drawnAt = at;
    return lines.map((line) => `${line}\n`).join('');
  };
  const report = (event: ProgressEvent): void => {
    if (!isShown(event)) return;
    const at = clock.now().getTime();
    const step = tracker.follow(event, at);
    if (event.kind === 'advance' && at - drawnAt < millisecondsBetweenDrawings) return;
    const finished = event.kind === 'end' || event.kind === 'note' ? `${lineOf(event, step, at, look)}\n` : '';
    write(erase() + finished + draw(at));
  };
  return { report, pause: () => write(erase()) };
}

function isShown(event: ProgressEvent): event is ShownEvent {
  if (event.kind === 'plan' || event.kind === 'stage') return false;
  return event.kind !== 'note' || event.level !== 'info';
}

function lineOf(event: ShownEvent, step: Step | undefined, at: number, look: Look): string {
  switch (event.kind) {
    case 'begin':
      return `${look.dim('·')} ${printable(event.step)}`;
    case 'advance':
      return `${look.dim('·')} ${printable(event.step)}: ${step === undefined ? '' : describeAdvance(step, at)}`;
    case 'end': {
      const facts = [event.note === undefined ? '' : printable(event.note), step === undefined ? '' : look.dim(describeEnd(step, at))];
      const mark = event.isBad === true ? look.red('✗') : look.green('✓');
      return `${mark} ${printable(event.step)}: ${facts.filter(Boolean).join(', ')}`;
    }
    case 'note':
      return `${look.yellow('!')} ${printable(event.text)}`;
  }
}

const barCells = 16;

/** One line, one cell shorter than the terminal: a full one would wrap, and the next drawing would begin too low. */
function barLine(step: Step, at: number, columns: number, look: Look): string {
  const hasShare = step.total !== undefined && step.total > 0;
  const text = step.done === 0 && !hasShare ? '…' : describeAdvance(step, at);
  const bar = hasShare ? barOf(Math.min(1, step.done / (step.total ?? 1))) : '';
  const name = printable(step.name);
  const room = columns - 1 - '· '.length;
  if (bar !== '' && name.length + bar.length + text.length + 2 <= room) return `${look.dim('·')} ${name} ${look.dim(bar)} ${text}`;
  return `${look.dim('·')} ${`${name}: ${text}`.slice(0, Math.max(1, room))}`;
}

function barOf(share: number): string {
  const full = Math.round(share * barCells);
  return '━'.repeat(full) + '╌'.repeat(barCells - full);
}
