import path from 'node:path';
import { opendjTemplate } from '../../test/harness/opendj-template.ts';
import { opendjVersion } from '../../test/harness/parts.ts';
import { runProgram } from '../../test/harness/run-program.ts';
import { cached } from '../../test/harness/test-cache.ts';
import type { Command } from '../contenders/contender.ts';

const sdkVersion = '7.0.5';

export interface DiffPeer {
  readonly name: string;
  readonly command: Command;
  /** Where it writes its change records, where it does. */
  readonly output: string | undefined;
}

/** Who compares two LDIF files, with the defaults of its JVM. */
export async function diffPeers(before: string, after: string, folder: string): Promise<readonly DiffPeer[]> {
  const [opendj, sdk] = [path.join(folder, 'opendj.ldif'), path.join(folder, 'sdk.ldif')];
  const libraries = path.join(await opendjTemplate(50), 'lib', 'bootstrap-client.jar');
  const ldifdiff = ['java', '-cp', libraries, 'com.forgerock.opendj.ldap.tools.LDIFDiff', '--outputLdif', opendj, before, after];
  const words = ['--sourceLDIF', before, '--targetLDIF', after, '--outputLDIF', sdk, '--overwriteExistingOutputLDIF'];
  return [
    {
      name: `ldifdiff of OpenDJ ${opendjVersion}`,
      // It ends with 1 where something differs.
      command: { program: 'sh', words: ['-c', '"$@"; [ $? -le 1 ]', 'sh', ...ldifdiff] },
      output: opendj,
    },
    {
      name: `ldif-diff of the UnboundID LDAP SDK ${sdkVersion}`,
      command: { program: 'java', words: ['-jar', await sdkPath(), 'ldif-diff', ...words] },
      output: sdk,
    },
    {
      name: 'reading both files whole, in Node',
      command: { program: process.execPath, words: [path.join(import.meta.dirname, 'read-files.ts'), before, after] },
      output: undefined,
    },
  ];
}

async function sdkPath(): Promise<string> {
  const name = `unboundid-ldapsdk-${sdkVersion}`;
  const folder = await cached({
    name,
    announcement: `fetching the UnboundID LDAP SDK ${sdkVersion} with Maven (6 MB)`,
    make: async (fresh) => {
      const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
      const artifact = `com.unboundid:unboundid-ldapsdk:${sdkVersion}`;
      await runProgram('mvn', ['-B', '-q', '-ntp', goal, `-Dartifact=${artifact}`, `-DoutputDirectory=${fresh}`], { folder: fresh });
    },
  });
  return path.join(folder, `${name}.jar`);
}
