import { ApiFailure, failureFrom } from '../../../api/api-failure.ts';
import { followEvents } from '../../../api/event-stream.ts';
import { keepCommand, type KeptCommand } from '../../../api/kept-commands.ts';

/**
 * Has the agent run a command to its end, whatever becomes of this page, and resolves with what it printed. When `signal` aborts it is only not waited for.
 *
 * @throws ApiFailure, that of the command too; DOMException AbortError
 */
export async function runToEnd(words: readonly string[], signal: AbortSignal): Promise<unknown> {
  const { id } = await keepCommand(words);
  let last: KeptCommand | undefined;
  let failure: unknown;
  await followEvents<{ readonly kind: string; readonly command?: KeptCommand }>(
    `/commands/${encodeURIComponent(id)}/events`,
    {
      onEvent: ({ command }) => {
        last = command ?? last;
      },
      onState: () => undefined,
      onFailure: (error) => {
        failure = error;
      },
    },
    signal,
  );
  signal.throwIfAborted();
  if (failure !== undefined) throw failureFrom(failure);
  if (last?.failure !== undefined) throw new ApiFailure({ ...last.failure, status: 500 });
  if (last?.exitCode === 0 || last?.exitCode === 3) return last.result;
  throw new ApiFailure({
    code: 'E_COMMAND_KILLED',
    message: `Cannot tell what became of "${words.join(' ')}": it ended without saying why`,
    hint: "look at the agent's log",
    status: 500,
  });
}
