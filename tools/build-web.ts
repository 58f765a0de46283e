// npm run build:web: makes dist/web, the console that an agent serves.
import { buildWeb, webFolder } from './ensure-web.ts';

process.exitCode = (await buildWeb(webFolder)) ? 0 : 1;
