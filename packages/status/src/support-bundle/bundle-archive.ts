import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** A file of the bundle. */
export interface BundleFile {
  /** Its path in the archive. */
  name: string;
  text: string;
}

/** The files as a gzipped tar archive, all in one directory. @see https://www.npmjs.com/package/tar-stream */
export async function bundleArchive(directory: string, files: readonly BundleFile[]): Promise<Buffer> {
  const archive = pack();
  const whole = buffer(archive.pipe(createGzip()));
  for (const { name, text } of files) archive.entry({ name: `${directory}/${name}`, mode: 0o600 }, text);
  archive.finalize();
  return whole;
}
