import type { KeptCommand } from '../../api/kept-commands.ts';

/** What stopping comes to, said before it begins and again before it is done. */
export function stopText(of: 'server' | 'topology' | 'replica'): string {
  if (of === 'replica')
    return 'Once it runs you can stop it, but what the servers have begun goes on there. What the replica has then is not compared; the same initialisation again waits for that and begins anew.';
  const first =
    'Once it runs you can stop it, but it is never cut off in the middle: what the server is restoring at that moment it brings to its end. ';
  return of === 'topology'
    ? `${first}Replication may then be suspended and clients may be refused, until you go on with it or roll it back; this page offers both.`
    : `${first}What is restored then stays, without a proof; the same restore again begins anew.`;
}

/** The same, of a command that runs. */
export function stopTextOf({ name, words }: Pick<KeptCommand, 'name' | 'words'>): string {
  if (name === 'initialize') return stopText('replica');
  return stopText(name !== 'restore' || words.includes('--topology') ? 'topology' : 'server');
}
