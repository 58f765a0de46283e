import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { runProgram } from '../run-program.ts';
import { cached } from '../test-cache.ts';

/** Chromium's headless shell, with the libraries and the font that it brings; and a font with fixed width. Both are packages of npm. */
const chromiumVersion = '153.0.0';
const dejavuVersion = '2.37.3';

export interface ChromiumProgram {
  readonly file: string;
  /** What it must find beside PATH and HOME. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Returns the Chromium that the tests drive, fetching it first when the cache has it not. Nothing of it comes from the system, neither libraries
 * nor fonts, so that it needs no root and draws the same picture everywhere. It is there for Linux on x64; elsewhere
 * ROOTCELLAR_TEST_CHROMIUM must name a Chromium, which is then run as it is.
 *
 * @throws {Error} where there is none for this machine
 */
export async function chromiumProgram(): Promise<ChromiumProgram> {
  const own = process.env['ROOTCELLAR_TEST_CHROMIUM'];
  if (own) return { file: own, environment: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const machine = `${process.platform} on ${process.arch}`;
    throw new Error(
      `Cannot get a Chromium: there is one for Linux on x64, and this is ${machine}; set ROOTCELLAR_TEST_CHROMIUM to a Chromium`,
    );
  }
  const folder = await cached({
    name: `chromium-${chromiumVersion}-dejavu-${dejavuVersion}`,
    announcement: `fetching Chromium ${chromiumVersion} with npm (70 MB, about 15 s)`,
    make: makeChromium,
  });
  return {
    file: path.join(folder, 'chromium'),
    environment: { LD_LIBRARY_PATH: path.join(folder, 'lib'), FONTCONFIG_FILE: path.join(folder, 'fonts.conf') },
  };
}

async function makeChromium(folder: string): Promise<void> {
  const shell = await npmPackage(folder, '@sparticuz/chromium', chromiumVersion);
  const brought = path.join(shell, 'bin');
  const program = createWriteStream(path.join(folder, 'chromium'), { mode: 0o755 });
  await pipeline(createReadStream(path.join(brought, 'chromium.br')), createBrotliDecompress(), program);
  await unpack(path.join(brought, 'al2023.tar.br'), folder);
  await unpack(path.join(brought, 'fonts.tar.br'), folder);
  const fonts = await npmPackage(folder, 'dejavu-fonts-ttf', dejavuVersion);
  for (const name of ['DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf', 'DejaVuSans.ttf'])
    await rename(path.join(fonts, 'ttf', name), path.join(folder, 'fonts', name));
  await writeFile(path.join(folder, 'fonts.conf'), fontsConfiguration);
  for (const fetched of [shell, fonts]) await rm(path.dirname(fetched), { recursive: true });
}

/** Fetches a package at one version, runs nothing of it, and returns the folder of its files. */
async function npmPackage(folder: string, name: string, version: string): Promise<string> {
  // Under "npm run" the settings of that npm are in the environment; a second npm would take them for its own command line.
  const environment = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('npm_')));
  const place = path.join(folder, `.fetched-${name.replaceAll(/\W+/g, '-')}`);
  await mkdir(place);
  await runProgram('npm', ['pack', '--silent', '--ignore-scripts', `${name}@${version}`], { folder: place, environment });
  const archive = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
  await unpack(path.join(place, archive), place);
  return path.join(place, 'package');
}

/** Unpacks a tar file, compressed by gzip (`.tgz`) or Brotli (`.br`), into the folder. */
async function unpack(file: string, folder: string): Promise<void> {
  const entries = extract();
  const reading = pipeline(createReadStream(file), file.endsWith('.br') ? createBrotliDecompress() : createGunzip(), entries);
  for await (const entry of entries) {
    const target = path.join(folder, path.normalize(`/${entry.header.name}`));
    if (entry.header.type === 'file') {
      await mkdir(path.dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target, { mode: entry.header.mode ?? 0o644 }));
    } else entry.resume();
  }
  await reading;
}

const fontsConfiguration = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias binding="same"><family>system-ui</family><prefer><family>Open Sans</family><family>DejaVu Sans</family></prefer></alias>
  <alias binding="same"><family>sans-serif</family><prefer><family>Open Sans</family><family>DejaVu Sans</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;
