import type { CommandEvent, RunEvent } from '../../src/agent/http/api-schemas.ts';

/** The documents of an NDJSON answer, as they come. */
export async function* commandEvents(answer: Response): AsyncGenerator<CommandEvent> {
  for await (const line of linesOf(answer)) if (line !== '') yield JSON.parse(line) as CommandEvent;
}

/** The documents of server-sent events, as they come. */
export async function* runEvents(answer: Response): AsyncGenerator<RunEvent> {
  for await (const line of linesOf(answer)) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6)) as RunEvent;
}

async function* linesOf(answer: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const text of (answer.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
