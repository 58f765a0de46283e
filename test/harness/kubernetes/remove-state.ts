// node test/harness/kubernetes/remove-state.ts FOLDER: ends and removes a cluster whose owner ended.
import { removeState } from './state-folder.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node remove-state.ts FOLDER');
await removeState(folder);
