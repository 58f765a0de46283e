// npm run image -- FILE: the image as an OCI archive, without Docker and without a registry: `ctr images import`, `podman load`, `skopeo copy`.
import path from 'node:path';
import { assembleImage } from './image/assemble-image.ts';

const [file = 'rootcellar-image.tar'] = process.argv.slice(2);
const { name, layerBytes } = await assembleImage(path.resolve(file), Number(process.env['SOURCE_DATE_EPOCH'] ?? 0));
console.log(`Wrote ${name} to ${file}: ${Math.ceil(layerBytes / 1_000_000)} MB`);
