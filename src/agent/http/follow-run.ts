import type { Clock } from '../../foundation/clock.ts';
import { Failure } from '../../foundation/failure.ts';
import type { RunRecord } from '../../domain/run-record.ts';
import type { ActiveRun, AgentEvent, AgentView } from '../agent-view.ts';
import { EventStreams } from './event-streams.ts';
import { apiSchemas, type Run, type RunEvent } from './api-schemas.ts';

const mostWaitingBytes = 1024 * 1024;

/** The failure of a run of which nothing is known. */
export function unknownRun(id: string): Failure {
  return new Failure('E_RUN_UNKNOWN', `Cannot find the run ${id.slice(0, 100)}: neither the queue nor the history has it`, {
    hint: 'list what there is with "rootcellar runs"',
  });
}

/** A run as the API shows it. */
export function runDocument(run: ActiveRun | RunRecord): Run {
  return apiSchemas.Run.parse('state' in run ? run : { ...run, state: 'ended' });
}

/**
 * Follows a run as server-sent events: `run` with all that was told so far, then `progress`, at last `end`. Whoever asks again after a lost connection
 * begins with `run` once more, and loses nothing.
 */
export class RunFollowers {
  readonly #view: AgentView;
  readonly #streams: EventStreams<RunEvent>;

  constructor(view: AgentView, clock: Clock) {
    this.#view = view;
    this.#streams = new EventStreams(clock, mostWaitingBytes);
  }

  /** @throws Failure E_RUN_UNKNOWN */
  async follow(id: string): Promise<ReadableStream<Uint8Array>> {
    // What happens between the look and the first event must not be lost: it is kept until the first is told.
    const early: AgentEvent[] = [];
    let take = (event: AgentEvent): void => void early.push(event);
    const stopListening = this.#view.onEvent((event) => {
      if (belongsTo(event, id)) take(event);
    });
    const stream = this.#streams.open(stopListening);
    try {
      const run = await this.#view.find(id);
      if (run === undefined) throw unknownRun(id);
      const told = runDocument(run);
      stream.tell(told.state === 'ended' ? { kind: 'end', run: told } : { kind: 'run', run: told });
    } catch (error) {
      stream.leave();
      throw error;
    }
    take = (event) => stream.tell(eventOf(event));
    for (const event of early) take(event);
    return stream.body;
  }

  /** Ends what is followed; the clients may ask another agent. */
  stop(): void {
    this.#streams.stop();
  }
}

type RunAgentEvent = Exclude<AgentEvent, { kind: 'reloaded' }>;

function belongsTo(event: AgentEvent, id: string): event is RunAgentEvent {
  if (event.kind === 'reloaded') return false;
  return (event.kind === 'progress' ? event.run : event.run.id) === id;
}

function eventOf(event: AgentEvent): RunEvent {
  switch (event.kind) {
    case 'queued':
    case 'begun':
      return { kind: 'run', run: apiSchemas.RunEvent.options[0].shape.run.parse(event.run) };
    case 'progress':
      return { kind: 'progress', event: event.event };
    case 'ended':
      return apiSchemas.RunEvent.parse({ kind: 'end', run: { ...event.run, state: 'ended' } });
    case 'reloaded':
      throw new Error('belongs to no run');
  }
}
