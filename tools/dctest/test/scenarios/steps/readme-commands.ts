import { readFile } from 'node:fs/promises';

const readme = new URL('../../../../../README.md', import.meta.url);

/** What the README at the top says under this heading, up to the next one. */
export async function readmeSection(heading: string): Promise<string> {
  const text = await readFile(readme, 'utf8');
  const [, section = ''] = text.split(`### ${heading}\n`);
  return section.split(/^#/m)[0] ?? '';
}

/** The command lines of a use case, as the README at the top gives them under this heading, without their comments. */
export async function readmeCommands(heading: string): Promise<string[]> {
  return [...(await readmeSection(heading)).matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter((line) => line !== ''),
  );
}
