import type { CommandEvent, KeptCommandEvent, RunEvent } from '../../src/agent/http/api-schemas.ts';

/** The documents of an NDJSON answer, as they come. */
export async function* commandEvents(answer: Response): AsyncGenerator<CommandEvent> {
  for await (const line of linesOf(answer)) if (line !== '') yield JSON.parse(line) as CommandEvent;
}

/** The documents of server-sent events, as they come. */
export function runEvents(answer: Response): AsyncGenerator<RunEvent> {
  return serverSentEvents<RunEvent>(answer);
}

/** The same, of a kept command. */
export function keptEvents(answer: Response): AsyncGenerator<KeptCommandEvent> {
  return serverSentEvents<KeptCommandEvent>(answer);
}

async function* serverSentEvents<Event>(answer: Response): AsyncGenerator<Event> {
  for await (const line of linesOf(answer)) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6)) as Event;
}

async function* linesOf(answer: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const text of (answer.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
