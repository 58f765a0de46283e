import { keysNeeded } from '../domain/encryption-keys.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { CompatibilityProblems, DirectoryServer } from '../directory-servers/directory-server.ts';
import { isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { KeyFindings } from './check-keys.ts';
import type { ProblemsByBackend } from './check-versions.ts';

/** What the target was asked before the plan; nothing on it is changed by that. */
export interface TargetFindings extends KeyFindings {
  readonly problems: ProblemsByBackend;
}

/** Asks the target what the plan has to know of keys and compatibility, and only that: a set that needs no key asks for none. */
export async function examineTarget(server: DirectoryServer, manifest: Manifest, options: OperationContext = {}): Promise<TargetFindings> {
  return { ...(await keyFindings(server, manifest, options)), problems: await problemsOf(server, manifest, options) };
}

async function keyFindings(server: DirectoryServer, manifest: Manifest, options: OperationContext): Promise<KeyFindings> {
  const needsKeys = manifest.backends.some((backend) => keysNeeded(manifest, backend)?.length !== 0);
  if (!needsKeys && manifest.encryptionSettings === undefined) return {};
  const keys = await keysOrTrouble(server, options);
  const { encryptionPin } = manifest;
  if (encryptionPin === undefined || manifest.encryptionSettings === undefined) return keys;
  const isPinRight = await server.isPinOf(encryptionPin);
  return { ...keys, isPinRight, hasPin: isPinRight !== undefined };
}

async function keysOrTrouble(server: DirectoryServer, options: OperationContext): Promise<KeyFindings> {
  try {
    return { keys: await server.listEncryptionKeys(options) };
  } catch (error) {
    if (!isFailure(error, 'E_TOOL_MISSING')) throw error;
    return { keys: { isKnown: false, reason: error.message }, toolMissing: error };
  }
}

async function problemsOf(server: DirectoryServer, manifest: Manifest, options: OperationContext): Promise<ProblemsByBackend> {
  const found = new Map<string, CompatibilityProblems>();
  for (const { id, baseDns, compatibility } of manifest.backends) {
    const [baseDn] = baseDns;
    if (compatibility === undefined || baseDn === undefined) continue;
    const problems = await server.backupProblems({ baseDn: baseDn.dn, source: compatibility }, options);
    if (problems !== undefined) found.set(id, problems);
  }
  return found;
}
