import { ensureWeb } from '../ensure-web.ts';
import type { Stage } from './stage.ts';
import { showCommand } from './terminal.ts';

/** Says how to go on by hand, and never ends. */
export async function keepRunning({ environmentFile }: Stage): Promise<never> {
  await ensureWeb();
  console.log('\nBoth servers keep running. In another terminal, and then any command of rootcellar:\n');
  showCommand(`source ${environmentFile}`);
  showCommand('rootcellar show latest');
  console.log('\nThe console on this data: this command, and then http://127.0.0.1:7373/ in a browser:\n');
  showCommand('ROOTCELLAR_AGENT_CONSOLE_ANONYMOUS=restorer rootcellar agent');
  console.log('\nCtrl-C here stops them and removes their folders.');
  // A handler for signals alone does not keep a process alive.
  return new Promise(() => setInterval(() => {}, 3_600_000));
}
