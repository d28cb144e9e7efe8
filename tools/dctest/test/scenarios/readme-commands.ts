import { readFile } from 'node:fs/promises';

const readme = new URL('../../../../README.md', import.meta.url);

/** The command lines of a use case, as the README at the top gives them under this heading, without their comments. */
export async function readmeCommands(heading: string): Promise<string[]> {
  const text = await readFile(readme, 'utf8');
  const [, section = ''] = text.split(`### ${heading}\n`);
  const [own = ''] = section.split(/^#/m);
  return [...own.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter((line) => line !== ''),
  );
}
