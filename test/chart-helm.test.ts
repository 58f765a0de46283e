import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { chartFolder } from '../tools/chart/chart-files.ts';
import { renderChart, renderingFile, renderings, valuesFile } from '../tools/chart/render-chart.ts';
import { kubernetesSchemas, kubernetesSchemasIfCached } from './harness/kubernetes/schemas.ts';
import { programPathIfCached } from './harness/parts.ts';
import { kubernetesVersion } from './harness/kubernetes/programs.ts';

const run = promisify(execFile);
const names = await renderings();
const helm = await programPathIfCached('helm');
const helm4 = await programPathIfCached('helm4');
const kubeconform = await programPathIfCached('kubeconform');

test('test/fixtures/chart has a rendering for each file of values in chart/ci ("node tools/generate-chart.ts" makes them)', async () => {
  assert.ok(names.length >= 4);
  for (const name of names) await access(renderingFile(name));
});

const refused: readonly { readonly words: readonly string[]; readonly says: RegExp }[] = [
  { words: ['--set', 'bindPassword=x'], says: /additional properties 'bindPassword' not allowed/ },
  { words: ['--set', 'config.server.bindPassword=x'], says: /'\/config\/server': additional properties 'bindPassword' not allowed/ },
  { words: ['--set', 'config.archiv=s3://a/b'], says: /'\/config': additional properties 'archiv' not allowed/ },
  { words: ['--set', 'config.archive=ftp://a/b'], says: /'\/config\/archive': 'ftp:\/\/a\/b' does not match pattern/ },
  { words: ['--set', 'config.s3.attempts=0'], says: /'\/config\/s3\/attempts': minimum: got 0, want 1/ },
  { words: ['--set', 'config.s3.endpoint=https://user:password@host'], says: /'\/config\/s3\/endpoint': .* does not match pattern/ },
  { words: ['--set-json', 'extraEnv=[{"name":"AWS_SECRET_ACCESS_KEY","value":"x"}]'], says: /'\/extraEnv\/0'/ },
  { words: ['--set-json', 'secrets=[{"name":"a","value":"x"}]'], says: /'\/secrets\/0': additional properties 'value' not allowed/ },
  { words: ['--set', 'jobs.backup.schedule=hourly'], says: /'\/jobs\/backup\/schedule': 'hourly' does not match pattern/ },
  { words: ['--set', 'jobs.backup.every=6h'], says: /'\/jobs\/backup': additional properties 'every' not allowed/ },
  { words: ['--set', 'jobDefaults.startingDeadlineSeconds=5'], says: /'\/jobDefaults\/startingDeadlineSeconds': minimum: got 5, want 10/ },
  { words: ['--set-string', 'restore.yes=true'], says: /'\/restore\/yes': got string, want boolean/ },
  { words: ['--set', 'restore.enabled=true'], says: /restore\.enabled needs restore\.snapshot: an ID of `rootcellar list`, or latest/ },
  {
    words: ['--set-json', 'target.pods=[]'],
    says: /mode exec needs target\.pods: the names of the server's pods, such as \[pingdirectory-0\]/,
  },
  { words: ['--set', 'target.url='], says: /mode exec needs target\.url: the address of the server in a pod/ },
  {
    words: ['--set', 'deployment.enabled=true,deployment.tlsSecret=a,target.url=ldaps://a,target.pods={a,b}'],
    says: /agents for several target\.pods need target\.url with POD in it/,
  },
  { words: ['--set', 'staging.kind=existingClaim'], says: /staging\.kind existingClaim needs staging\.claimName/ },
  { words: ['--set', 'deployment.enabled=true'], says: /deployment\.enabled needs deployment\.tlsSecret/ },
  {
    words: ['--set', 'podMonitor.enabled=true'],
    says: /podMonitor\.enabled needs deployment\.enabled: pods of CronJobs are gone before they are scraped/,
  },
];

const refusedOfAgents = [
  { words: ['--set', 'mode=exec', '--set', 'target.pods={a}'], says: /mode exec needs config\.archive: where the backups are kept/ },
  { words: ['--set', 'agent.url='], says: /mode agent needs agent\.url: the address of the agent's API/ },
  { words: ['--set', 'agent.url=https://me:secret@host'], says: /'\/agent\/url': .* does not match pattern/ },
  { words: ['--set', 'deployment.enabled=true'], says: /deployment\.enabled is for mode exec/ },
] as const;

// What follows needs the real programs, which take minutes to build; "node tools/generate-chart.ts" brings helm.
for (const [version, program] of [
  ['3', helm],
  ['4', helm4],
] as const) {
  if (program !== undefined) withHelm(version, program);
}

function withHelm(version: string, program: string): void {
  suite(`chart, by Helm ${version}`, () => {
    for (const name of names) {
      test(`renders ${name} as it is kept (run "node tools/generate-chart.ts" after a change)`, async () => {
        assert.equal(plain(await renderChart(program, name)), plain(await readFile(renderingFile(name), 'utf8')));
      });

      test(`finds nothing to complain about in ${name}`, async () => {
        const { stdout } = await run(program, [
          'lint',
          chartFolder,
          '--strict',
          '--kube-version',
          kubernetesVersion,
          '--values',
          valuesFile(name),
        ]);
        assert.match(stdout, /1 chart\(s\) linted, 0 chart\(s\) failed/);
      });
    }

    for (const { words, says } of refused) {
      test(`refuses ${words.join(' ')}`, async () => {
        await assert.rejects(renderChart(program, 'exec', words), (error: Error) => {
          assert.match(error.message, says);
          return true;
        });
      });
    }

    for (const { words, says } of refusedOfAgents) {
      test(`refuses of mode agent ${words.join(' ')}`, async () => {
        await assert.rejects(renderChart(program, 'agent', words), says);
      });
    }
  });
}

/** Its order is by kinds, and Helm 4 has another one than Helm 3. */
function plain(text: string): string {
  return text
    .split(/^---$/m)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .toSorted()
    .join('\n---\n');
}

if (kubeconform !== undefined && (await kubernetesSchemasIfCached())) {
  test('kubeconform -strict finds each object of the renderings to be as Kubernetes and the Prometheus operator define it', async () => {
    const schemas = await kubernetesSchemas();
    const location = `${schemas}/{{.ResourceKind}}{{.KindSuffix}}.json`;
    const { stdout } = await run(kubeconform, ['-strict', '-summary', '-schema-location', location, ...names.map(renderingFile)]);
    assert.match(stdout, /Summary: \d\d resources found in \d files - Valid: \d\d, Invalid: 0, Errors: 0, Skipped: 0/);
  });
}
