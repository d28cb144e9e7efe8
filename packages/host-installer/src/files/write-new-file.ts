import { open } from 'node:fs/promises';

export interface NewFile {
  path: string;
  content: string | Buffer;
  mode: number;
  uid: number;
  gid: number;
}

/**
 * Writes a file that is not there yet, with nobody else able to read it before it is whole. It is still to be synced. Not
 * by `outputFile` of fs-extra, which follows links and knows no owner.
 */
export async function writeNewFile({ path, content, mode, uid, gid }: NewFile): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.chown(uid, gid);
    await file.chmod(mode);
  } finally {
    await file.close();
  }
}
