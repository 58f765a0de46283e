import { failureOfAnswer, isAbort, unreachable } from './api-failure.ts';
import { forgetSession } from './session-state.ts';

export interface StreamEvent {
  readonly kind: string;
}

export interface StreamListener<Event extends StreamEvent> {
  readonly onEvent: (event: Event) => void;
  /** `lost`: the agent does not answer, and is asked again; `open`: it answers. */
  readonly onState: (state: 'open' | 'lost') => void;
  /** It will never come: there is no such thing, or nobody may see it. */
  readonly onFailure: (error: unknown) => void;
}

const pauses = [500, 1000, 2000, 4000, 5000];

/**
 * Follows server-sent events of the API until one of kind `end` or the abort; a connection that breaks is made again for as long as it takes. The
 * first event after each connection tells all so far, so nothing is lost.
 */
export async function followEvents<Event extends StreamEvent>(
  path: string,
  listener: StreamListener<Event>,
  signal: AbortSignal,
): Promise<void> {
  for (let failed = 0; !signal.aborted; failed += 1) {
    try {
      const isEnded = await readOnce<Event>(
        path,
        (event) => {
          failed = 0;
          listener.onEvent(event);
        },
        () => listener.onState('open'),
        signal,
      );
      if (isEnded) return;
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      const status = (error as { status?: number }).status ?? 0;
      if (status >= 400 && status < 500 && status !== 429) {
        listener.onFailure(error);
        return;
      }
    }
    if (signal.aborted) return;
    listener.onState('lost');
    await pause(pauses[Math.min(failed, pauses.length - 1)] ?? 5000, signal);
  }
}

/** Resolves with whether the end was told. */
async function readOnce<Event extends StreamEvent>(
  path: string,
  take: (event: Event) => void,
  onOpen: () => void,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await fetch(`/api/v1${path}`, { credentials: 'same-origin', signal, headers: { accept: 'text/event-stream' } });
  if (!answer.ok) {
    if (answer.status === 401) forgetSession();
    throw await failureOfAnswer(answer);
  }
  if (answer.body === null) throw unreachable();
  onOpen();
  let rest = '';
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventOf<Event>(block);
      if (event === undefined) continue;
      take(event);
      if (event.kind === 'end') return true;
    }
  }
  return false;
}

/** Of a block of lines: its data; undefined for one that only keeps the connection open. */
function eventOf<Event>(block: string): Event | undefined {
  const data = block
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n');
  return data === '' ? undefined : (JSON.parse(data) as Event);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
