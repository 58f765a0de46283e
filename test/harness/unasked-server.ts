import assert from 'node:assert/strict';
import type { DirectoryServer } from '../../src/directory-servers/directory-server.ts';
import { exampleDescription } from './example-server.ts';

const unasked = () => Promise.reject(new Error('nobody asks for this'));

/** Stands for a directory server that does what `parts` say; whatever else it is asked rejects. */
export function serverThatOnly(parts: Partial<DirectoryServer>): DirectoryServer {
  return {
    location: 'ldaps://127.0.0.1:1636',
    describe: async () => exampleDescription(),
    health: unasked,
    missingPrivileges: unasked,
    backUp: unasked,
    restore: unasked,
    exportLdif: unasked,
    importLdif: unasked,
    readEntries: () => assert.fail('nobody asks for this'),
    findEntries: () => assert.fail('nobody asks for this'),
    readEntry: unasked,
    readSchema: unasked,
    changeAbilities: unasked,
    rehearseChanges: unasked,
    applyChanges: unasked,
    exportEncryptionSettings: unasked,
    importEncryptionSettings: unasked,
    proveEncryptionSettings: unasked,
    listEncryptionKeys: unasked,
    sealPin: unasked,
    isPinOf: unasked,
    backupDescriptor: unasked,
    backupProblems: unasked,
    readConfiguration: unasked,
    enableBackend: unasked,
    cancelAbandonedTasks: unasked,
    close: async () => undefined,
    ...parts,
  };
}
