import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { allCommands } from './all-commands.ts';
import { completionScript } from './completion-script.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rootcellar-completion-'));
  await writeFile(path.join(folder, 'rootcellar.bash'), completionScript('bash', allCommands));
  await mkdir(path.join(folder, 'staged'));
  await writeFile(path.join(folder, 'notes.yaml'), '');
});
after(() => rm(folder, { recursive: true }));

/** What a real bash offers after these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const script = 'source ./rootcellar.bash; COMP_WORDS=(rootcellar "$@"); COMP_CWORD=$#; _rootcellar; printf "%s\\n" "${COMPREPLY[@]}"';
  return execFileSync('bash', ['--norc', '-c', script, 'bash', ...words], { cwd: folder, encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}

describe('completionScript() for bash', () => {
  test('offers commands, and the second words of config', () => {
    assert.deepEqual(offered('res'), ['restore']);
    assert.deepEqual(offered('config', ''), ['show', 'settings', 'schema']);
    assert.deepEqual(offered('--log-level', 'info', 'st'), ['stats', 'status']);
  });

  test('offers the options of the command and the flags of settings', () => {
    assert.deepEqual(offered('verify', '--read'), ['--read-data', '--read-data-subset']);
    assert.deepEqual(offered('forget', '--s3-endpoint', 'https://s3.example.com', '--keep-w'), ['--keep-weekly', '--keep-within']);
    assert.deepEqual(offered('backup', '--s3-path'), ['--s3-path-style']);
  });

  test('offers values: of choices, snapshots, folders, files', () => {
    assert.deepEqual(offered('--layout', ''), ['repository', 'plain']);
    assert.deepEqual(offered('restore', 'la'), ['latest', 'latest~1']);
    assert.deepEqual(offered('fetch', 'latest', '--to', 's'), ['staged']);
    assert.deepEqual(offered('archive', 's'), ['staged']);
    assert.deepEqual(offered('--config', 'n'), ['notes.yaml']);
    assert.deepEqual(offered('completion', 'f'), ['fish']);
  });

  test('offers nothing where only the operator can know', () => {
    assert.deepEqual(offered('list', '--server', ''), []);
  });

  test('is a script that bash reads without a complaint', () => {
    execFileSync('bash', ['-n', path.join(folder, 'rootcellar.bash')]);
  });
});

test('completionScript() for zsh runs the one for bash', () => {
  const zsh = completionScript('zsh', allCommands);

  assert.equal(zsh, `autoload -Uz bashcompinit && bashcompinit\n${completionScript('bash', allCommands)}`);
});

test('completionScript() for fish has a line for each command and each option of its own', () => {
  const fish = completionScript('fish', allCommands);

  for (const { name } of allCommands) assert.match(fish, new RegExp(` -a ${name.split(' ').at(-1)} `));
  assert.match(fish, /-n '__fish_seen_subcommand_from fetch' -l to -d '[^']+' -x -a '\(__fish_complete_directories\)'/);
  assert.match(fish, /^complete -c rootcellar -l layout -d '[^']+' -x -a 'repository plain'$/m);
});
