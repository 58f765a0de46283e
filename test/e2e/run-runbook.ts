import assert from 'node:assert/strict';
import { readRunbooks } from '../../src/cli/read-runbooks.ts';
import type { RunbookBlock, RunbookSection } from '../../src/cli/runbooks.ts';
import { rootcellarShell } from '../harness/rootcellar-shell.ts';
import { runRootcellar } from '../harness/rootcellar.ts';
import type { RunbookState } from './runbook-states.ts';

interface StateOfSection {
  readonly section: RunbookSection;
  readonly state: string;
}

/** Each state in which a section of the runbooks has commands to be run. */
export async function statesOfRunbooks(): Promise<readonly StateOfSection[]> {
  return (await readRunbooks()).flatMap((section) => {
    const states = section.blocks.flatMap(({ state }) => (state === undefined ? [] : [state]));
    return [...new Set(states)].map((state) => ({ section, state }));
  });
}

/** Makes the state, sees that it is the one that the section is about, and does what the page says; each command must end as it says. */
export async function followRunbook(
  { section, state: name }: StateOfSection,
  make: () => Promise<RunbookState>,
  cwd: string,
): Promise<void> {
  const state = await make();
  try {
    await assertFails(section, state);
    await runBlocks(
      section.blocks.filter((block) => block.state === name),
      state,
      cwd,
    );
  } finally {
    await state.end?.();
  }
}

/** The state is the one that the section is about: the failure comes, with its code. */
async function assertFails({ title, isCode }: RunbookSection, { env, fails, exitCode }: RunbookState): Promise<void> {
  const result = await runRootcellar([...fails, '--json'], { env });
  if (!isCode) return assert.equal(result.exitCode, exitCode, result.stderr);
  const told = JSON.parse(result.stderr.trim().split('\n').at(-1) ?? '') as { readonly code?: string; readonly exitCode?: number };
  assert.equal(told.code, title, result.stderr);
  assert.equal(result.exitCode, told.exitCode);
}

/** As somebody types them at one shell, block after block; what was exported stays. */
async function runBlocks(blocks: readonly RunbookBlock[], state: RunbookState, cwd: string): Promise<void> {
  const exported: string[] = [];
  for (const { lines, exitCode, isAfter } of blocks) {
    if (isAfter) await state.after?.();
    const script = lines.map((line, at) => (at === lines.length - 1 ? line : `${line} || exit 99`));
    const result = await rootcellarShell([...exported, ...script].join('\n'), { env: state.env, cwd });
    assert.equal(result.exitCode, exitCode, `${lines.join('\n')}\n${result.stdout.toString()}\n${result.stderr}`);
    exported.push(...lines.filter((line) => /^(export|unset) /.test(line)));
  }
}
