import { expect } from 'chai';
import { createCli } from '../src/create-cli.ts';
import { optionsOf } from '../src/known-options.ts';
import { completingShells } from './completing-shells.ts';

const definitions = createCli().definitions();
const words = (path: string) => path.split(' ').slice(1);

describe('the completion of neco', function () {
  this.timeout(120_000);

  for (const [shell, offered] of Object.entries(completingShells)) {
    it(`offers every command and subcommand in ${shell}`, async () => {
      const groups = Map.groupBy(definitions, ({ path }) => words(path)[0] ?? '');
      const nested = [...groups].filter(([, those]) => those.some(({ path }) => words(path).length > 1));
      const lines = ['neco ', ...nested.map(([group]) => `neco ${group} `), 'neco completion '];
      const [firsts = [], ...within] = await offered(lines);
      expect(firsts).to.include.members([...groups.keys()]);
      expect(within.pop()).to.include.members(['bash', 'zsh', 'fish']);
      for (const [index, [, those]] of nested.entries()) {
        const seconds = those.map(({ path }) => words(path)[1]).filter((word) => word !== undefined);
        expect(within[index]).to.include.members(seconds);
      }
    });

    it(`offers exactly the options of each command in ${shell}`, async () => {
      const answers = await offered(definitions.map(({ path }) => `${path} --`));
      for (const [index, definition] of definitions.entries()) {
        const names = optionsOf(definition).flatMap((option) => option.names);
        const long = names.filter((name) => name.startsWith('--'));
        expect(answers[index]?.toSorted(), definition.path).to.deep.equal(long.toSorted());
      }
    });
  }
});
