import assert from 'node:assert/strict';
import axe, { type AxeResults, type RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

/** What the Web Content Accessibility Guidelines 2.2 ask for at the levels A and AA, as far as a program can tell. */
const options: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  resultTypes: ['violations'],
};

/** Fails with a text that names each finding, its rule and its elements, in light colours and in dark ones. The page keeps light colours. */
export async function assertAccessible(page: Page): Promise<void> {
  const findings: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    findings.push(...(await violations(page)).map((text) => `${text} (${colorScheme} colours)`));
  }
  assert.equal(findings.length, 0, `${page.url()} is not accessible to all:\n${findings.join('\n')}`);
}

async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate('typeof axe === "object"'))) await page.evaluate(axe.source);
  const results = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as AxeResults;
  assert.ok(results.testEngine.version.length > 0);
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => {
      const why = (node.failureSummary ?? '').split('\n').slice(1, 3).join('; ').trim();
      return `- ${id}: ${help}: ${node.target.join(' ')}: ${node.html.slice(0, 160)}: ${why}`;
    }),
  );
}
