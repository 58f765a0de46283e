import path from 'node:path';

/** A file with a password, for archives of the layout `repository` that tests make. */
export const passwordFile = path.join(import.meta.dirname, 'archive-password.txt');

/** What the file holds. */
export const archivePassword = 'the password of the test archives';
