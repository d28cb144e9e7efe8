import { messageOf } from '@neco/core';
import { debs } from './debs.ts';
import { necoDeb } from './neco-deb.ts';

export { debs } from './debs.ts';

if (import.meta.main) {
  process.exitCode = 1;
  try {
    for (const path of await debs()) console.log(path);
    console.log((await necoDeb()).figures);
    process.exitCode = 0;
  } catch (error) {
    console.error(messageOf(error));
  }
}
