import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { NecoError } from '@neco/core';
import { dummyDeb } from '../../dctest/test/dummy-deb.ts';
import { runCommand } from '../../lib/run-command.ts';
import { makeRepository } from '../src/make-repository.ts';
import { SigningKey } from '../src/signing-key.ts';

describe('a package repository', function () {
  this.timeout(60_000);
  let folder: string;
  let directory: string;
  let home: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'neco-repo-'));
    directory = join(folder, 'repository');
    home = join(folder, 'data/key');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const make = async (debs: readonly string[], more: { uri?: string; replace?: boolean } = {}) => {
    await using key = await SigningKey.open(home);
    await makeRepository(directory, { debs, key, ...more });
  };

  const sources = () => readFile(join(directory, 'neco.sources'), 'utf8');

  /** Runs apt with this repository's source file and nothing of this machine's own. */
  const apt = async (...args: string[]): Promise<string> => {
    const root = join(folder, 'apt');
    await runCommand('mkdir', [
      '-p',
      `${root}/lists/partial`,
      `${root}/cache/archives/partial`,
      `${root}/etc`,
    ]);
    const settings = {
      'Dir::Etc::SourceList': join(directory, 'neco.sources'),
      'Dir::Etc::SourceParts': '/dev/null',
      'Dir::State::Lists': `${root}/lists`,
      'Dir::Cache': `${root}/cache`,
      'APT::Update::Error-Mode': 'any',
      'APT::Sandbox::User': 'root',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const [command = '', ...rest] = args;
    return runCommand(command, [...options, ...rest]);
  };

  const offered = async (): Promise<string[]> => {
    await apt('apt-get', 'update');
    const listed = await apt('apt-cache', 'madison', 'neco');
    return listed
      .trim()
      .split('\n')
      .map((line) => line.split('|')[1]?.trim() ?? '');
  };

  it('is a directory that apt installs from by its one source file, with the key in it', async () => {
    await make([await dummyDeb(folder, '1.0')]);
    expect(await sources())
      .to.include(`URIs: file:${directory}\n`)
      .and.include(' -----BEGIN PGP PUBLIC KEY');
    expect(await offered()).to.deep.equal(['1.0']);
    await apt('apt-get', 'download', '--print-uris', 'neco');
  });

  it('keeps earlier versions beside the newer ones that a later run adds, and the URI that it was given', async () => {
    await make([await dummyDeb(folder, '1.0')], { uri: 'http://depot.example/neco' });
    await make([await dummyDeb(folder, '1.1')]);
    expect(await sources()).to.include('URIs: http://depot.example/neco\n');
    await make([], { uri: `file:${directory}` });
    expect(await offered()).to.deep.equal(['1.1', '1.0']);
  });

  it('makes its key once, in a directory that nobody else can read, and leaves no agent running', async () => {
    await make([await dummyDeb(folder, '1.0')]);
    const first = await sources();
    expect((await stat(home)).mode & 0o777).to.equal(0o700);
    await make([await dummyDeb(folder, '1.1')]);
    expect(await sources()).to.equal(first);
    expect(await readdir(home)).not.to.include('S.gpg-agent');
  });

  it('refuses a key directory that others can read', async () => {
    await runCommand('mkdir', ['-p', '-m', '0755', home]);
    const error = await make([]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(NecoError).with.property('code', 'USAGE');
  });

  it('does not let another build take the place of a version that servers may have, unless told to', async () => {
    await make([await dummyDeb(folder, '1.0')]);
    const other = await dummyDeb(folder, '1.0', 'adduser');
    const error = await make([other]).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message').that.includes('another build of neco_1.0_amd64.deb');
    expect(await offered()).to.deep.equal(['1.0']);
    await make([other], { replace: true });
    expect(await offered()).to.deep.equal(['1.0']);
    expect(await apt('apt-cache', 'show', 'neco')).to.include('Depends: adduser');
  });

  it('is refused by apt when an index is not what was signed', async () => {
    await make([await dummyDeb(folder, '1.0')]);
    const inRelease = join(directory, 'dists/stable/InRelease');
    await runCommand('sed', ['-i', 's/^Origin: neco/Origin: evil/', inRelease]);
    const error = await offered().catch((thrown: unknown) => thrown);
    expect(error)
      .to.have.property('message')
      .that.matches(/BADSIG|Message has been manipulated/);
  });

  it('keeps the index of before within reach of a server that is reading it', async () => {
    await make([await dummyDeb(folder, '1.0')]);
    const index = join(directory, 'dists/stable/main/binary-amd64');
    const [before] = (await runCommand('sha256sum', [join(index, 'Packages')])).split(' ');
    await make([await dummyDeb(folder, '1.1')]);
    expect(await readdir(join(index, 'by-hash/SHA256'))).to.include(before);
  });
});
