// node tools/make-image-root.ts FOLDER: fills the folder with all that the image holds; image/Dockerfile calls it.
import { makeRoot } from './image/make-root.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node tools/make-image-root.ts FOLDER');
await makeRoot(folder, Number(process.env['SOURCE_DATE_EPOCH'] ?? 0));
