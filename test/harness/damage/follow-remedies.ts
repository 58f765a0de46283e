import assert from 'node:assert/strict';
import type { Archive } from '../../../src/archive/archive.ts';
import type { Clock } from '../../../src/foundation/clock.ts';
import { type Outcome, runOn } from '../run-on-archive.ts';

/** Where the commands run: on an archive as another process finds it. */
export interface Shell {
  readonly open: () => Archive;
  readonly clock: Clock;
}

const mostRounds = 4;

/** The commands that a text of verify says to run. */
export function remediesIn(text: string): readonly string[] {
  const line =
    /^To put it right, in this order: (.*)$/m.exec(text)?.[1] ??
    /^What is lost, .*; then "(rootcellar [^"]*)" saves the rest\.$/m.exec(text)?.[1];
  if (line !== undefined) return line.split(', ').map((words) => words.replace('rootcellar ', ''));
  const hint = /run "rootcellar (.*?)"$/m.exec(text)?.[1];
  return hint === undefined ? [] : [hint];
}

/** Follows what verify said, and says then, until it names nothing more; resolves to all that was run. */
export async function followRemedies({ open, clock }: Shell, first: readonly string[] | undefined): Promise<readonly string[]> {
  const done: string[] = [];
  const run = async (remedy: string): Promise<Outcome> => {
    const outcome = await runOn(open(), [...remedy.split(' '), '--yes'], clock);
    assert.equal(outcome.exitCode, 0, `${remedy}\n${outcome.text}`);
    done.push(remedy);
    return outcome;
  };
  for (let round = 0; round < mostRounds; round += 1) {
    const remedies = round === 0 && first !== undefined ? first : remediesIn((await runOn(open(), ['verify'], clock)).text);
    if (remedies.length === 0) return done;
    for (const remedy of remedies) if ((await run(remedy)).text.includes('--forget removes it')) await run(`${remedy} --forget`);
  }
  return [...done, 'and so on'];
}
