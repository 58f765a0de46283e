import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import { allCommands } from '../src/cli/all-commands.ts';
import { lookFor } from '../src/cli/look.ts';
import { parseCommandLine } from '../src/cli/parse-command-line.ts';
import { cronJobLine, type KeyTree, knownKeys, type PingChartVersion, sidecarOf } from './fixtures/ping-devops-chart.ts';
import { manifestsOf, theOne } from './harness/chart-rendering.ts';
import { isMap, pingFolder, pingValues } from './harness/ping-values.ts';
import { runRootcellar } from './harness/rootcellar.ts';
import { temporaryFolder } from './harness/temporary-folder.ts';

const read = (name: string): Promise<string> => readFile(path.join(pingFolder, name), 'utf8');
const base = 'rootcellar-values.yaml';

/** What one gives to helm, in this order, and to which chart. */
const installations: readonly { readonly files: readonly string[]; readonly version: PingChartVersion }[] = [
  { files: [base], version: 'after 0.12.0' },
  { files: [base, 'irsa-values.yaml'], version: 'after 0.12.0' },
  { files: [base, 'cronjob-values.yaml'], version: 'after 0.12.0' },
  { files: [base, 'chart-0.12.0/values.yaml'], version: '0.12.0' },
  { files: [base, 'chart-0.12.0/values.yaml', 'cronjob-values.yaml'], version: '0.12.0' },
];

/** Paths of the values that the chart does not know, and so would pass over in silence. */
function unknownKeys(values: unknown, tree: KeyTree, at = ''): string[] {
  return Object.entries(isMap(values) ? values : {}).flatMap(([key, value]) => {
    const below = tree[key] ?? tree['*'];
    if (below === undefined) return [`${at}${key}`];
    return below === true ? [] : unknownKeys(value, below, `${at}${key}.`);
  });
}

const parsed = (words: readonly string[]): unknown => parseCommandLine(words, allCommands, lookFor(false, {}));

test('unknownKeys() finds a key that the chart does not know, and one that only the later chart knows', () => {
  const values = { pingdirectory: { utilitySidecar: { comand: ['a'], command: ['a'] } } };

  assert.deepEqual(unknownKeys(values, knownKeys('after 0.12.0')), ['pingdirectory.utilitySidecar.comand']);
  assert.deepEqual(unknownKeys(values, knownKeys('0.12.0')), [
    'pingdirectory.utilitySidecar.comand',
    'pingdirectory.utilitySidecar.command',
  ]);
});

for (const { files, version } of installations) {
  const values = await pingValues(files);
  const sidecar = sidecarOf(values, version);
  const configuration = values.configMaps?.['rootcellar']?.data['rootcellar.yaml'] ?? '';
  const config = parse(configuration) as Record<string, Record<string, unknown>>;

  suite(`${files.join(' + ')}, chart ${version}`, () => {
    test('has only keys that the chart knows', () => {
      assert.deepEqual(unknownKeys(values, knownKeys(version)), []);
    });

    test('mounts volumes that there are, each path once, and none over what the chart shares', () => {
      const { mounts, volumeNames } = sidecar;

      assert.deepEqual(
        mounts.filter(({ name }) => !volumeNames.includes(name)),
        [],
      );
      assert.equal(new Set(mounts.map(({ mountPath }) => mountPath)).size, mounts.length);
      assert.equal(new Set(volumeNames).size, volumeNames.length);
      for (const { mountPath } of mounts.slice(2)) assert.doesNotMatch(mountPath, /^\/(tmp|opt\/out)(\/|$)/);
      for (const { configMap } of values.pingdirectory.volumes ?? []) {
        if (configMap !== undefined) assert.ok(values.configMaps?.[configMap.name], configMap.name);
      }
    });

    test('starts the agent', async () => {
      if (version === 'after 0.12.0') {
        assert.deepEqual([...sidecar.command, ...sidecar.args], ['rootcellar', 'agent']);
        return;
      }
      const [first = ''] = sidecar.environment['PATH']?.split(':') ?? [];
      const mount = sidecar.mounts.find(({ mountPath }) => mountPath === first);
      const volume = values.pingdirectory.volumes?.find(({ name }) => name === mount?.name);
      const script = values.configMaps?.[volume?.configMap?.name ?? '']?.data[sidecar.command[0] ?? ''] ?? '';
      assert.equal(volume?.configMap?.defaultMode, 0o555);
      assert.match(script, /^#!\/usr\/bin\/node\n/);
      assert.equal(await becomes(script, sidecar.args), 'agent');
    });

    test('has a configuration that the program takes, and whose files lie where something is mounted', async () => {
      await using place = await temporaryFolder();
      const file = path.join(place.path, 'rootcellar.yaml');
      await writeFile(file, configuration);

      const shown = await runRootcellar(['--config', file, 'config', 'show', '--set'], { env: sidecar.environment });

      assert.equal(shown.exitCode, 0, shown.stderr);
      const paths = [...configuration.matchAll(/: (\/\S+)$/gm)].map(([, found = '']) => found);
      assert.ok(paths.length >= 6);
      for (const found of paths)
        assert.ok(
          sidecar.mounts.some(({ mountPath }) => found.startsWith(`${mountPath}/`) || found === mountPath),
          found,
        );
    });

    test('stages where server and sidecar both see it by one path, and where nothing is removed when a pod is rebuilt', () => {
      const staging = String(config['staging']?.['folder']);

      assert.match(staging, /^\/opt\/out\//);
      assert.doesNotMatch(staging, /^\/opt\/out\/instance(\/|$)/);
      assert.equal(config['staging']?.['serverFolder'], undefined);
    });

    test('keeps secrets in the Secret, readable for the group alone, and the image as it came', () => {
      const text = JSON.stringify(values);
      const secrets = values.pingdirectory.volumes?.find(({ secret }) => secret !== undefined);

      assert.doesNotMatch(text, /password: |2FederateM0re|AWS_SECRET_ACCESS_KEY|trustAll/i);
      assert.equal(secrets?.secret?.defaultMode, 0o440);
      assert.ok(sidecar.mounts.some(({ name, readOnly }) => name === secrets?.name && readOnly === true));
      assert.equal(values.pingdirectory.utilitySidecar.securityContext['readOnlyRootFilesystem'], true);
    });
  });
}

/** What the script, called as the chart calls it, runs in place of rootcellar. */
async function becomes(script: string, words: readonly string[]): Promise<string> {
  await using place = await temporaryFolder();
  const program = path.join(place.path, 'rootcellar.mjs');
  await writeFile(program, `process.stdout.write(process.argv.slice(2).join(' '));\n`);
  await writeFile(path.join(place.path, 'tail'), script.replace('/usr/bin/rootcellar', program));
  return execFileSync(process.execPath, [path.join(place.path, 'tail'), ...words], { encoding: 'utf8' });
}

suite('cronjob-values.yaml', async () => {
  const values = await pingValues([base, 'cronjob-values.yaml']);

  test('has plain words, which come out of the line that the chart makes as they went in', () => {
    const { args = [] } = values.pingdirectory.cronjob;
    const line = cronJobLine(values, 'my-release');
    const echoed = execFileSync('sh', ['-c', line.replace('kubectl', "printf '%s\\n'")], { encoding: 'utf8' })
      .trim()
      .split('\n');

    assert.deepEqual(echoed.slice(0, 5), ['exec', '-ti', 'my-release-pingdirectory-0', '--container', 'utility-sidecar']);
    assert.deepEqual(echoed.slice(6), args);
    parsed(args.slice(1));
  });

  test('does not pile up', () => {
    const { spec = {} } = values.pingdirectory.cronjob;

    assert.equal(spec['schedule'], '0 */6 * * *');
    assert.equal(spec['concurrencyPolicy'], 'Forbid');
    assert.equal(spec['startingDeadlineSeconds'], 3600);
  });

  test('has the configuration of the base, but for the schedule of backups, which it takes over', async () => {
    const own = parse(values.configMaps?.['rootcellar']?.data['rootcellar.yaml'] ?? '') as { agent: { schedule: unknown } };
    const before = parse((await pingValues([base])).configMaps?.['rootcellar']?.data['rootcellar.yaml'] ?? '') as { agent: object };

    assert.deepEqual(own, { ...before, agent: { ...before.agent, schedule: { backup: 'none' } } });
  });
});

test('exec-role.yaml lets in to pod 0 alone, with both verbs that exec takes, the account that the chart makes', async () => {
  const manifests = manifestsOf(await read('exec-role.yaml'));

  assert.deepEqual(theOne(manifests, 'Role').at('rules'), [
    { apiGroups: [''], resources: ['pods'], resourceNames: ['RELEASE-pingdirectory-0'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods/exec'], resourceNames: ['RELEASE-pingdirectory-0'], verbs: ['get', 'create'] },
  ]);
  assert.equal(theOne(manifests, 'RoleBinding').at('subjects.0.name'), 'RELEASE-pingdirectory-internal-kubectl');
});

test('restore-job.yaml asks for no terminal, needs no shell, is tried once, and has the token of a restorer by its file', async () => {
  const [job] = manifestsOf(await read('restore-job.yaml'));
  assert.ok(job);
  const container = 'spec.template.spec.containers.0';
  const words = job.at(`${container}.args`) as string[];

  assert.deepEqual(job.at(`${container}.command`), ['kubectl']);
  assert.deepEqual(words.slice(0, 6), ['exec', 'RELEASE-pingdirectory-0', '--container', 'utility-sidecar', '--', 'rootcellar']);
  assert.ok(!words.some((word) => word.startsWith('-t') || word.startsWith('-i')));
  assert.deepEqual(words.slice(-3), ['restore', 'SNAPSHOT', '--yes']);
  assert.equal(job.at('spec.backoffLimit'), 0);
  assert.equal(job.at('spec.template.spec.restartPolicy'), 'Never');
  parsed(words.slice(6));
});
