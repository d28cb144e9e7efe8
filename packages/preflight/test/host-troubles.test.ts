import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { earliestClock } from '@neco/core';
import { readOnlyHost, type HostReader } from '@neco/host-installer';
import { expect } from 'chai';
import { clockTrouble } from '../src/troubles/clock-troubles.ts';
import { diskTrouble } from '../src/troubles/disk-troubles.ts';
import { unitTroubles } from '../src/troubles/unit-troubles.ts';

const gibibyte = 2 ** 30;

describe('what is wrong with a host', () => {
  describe('its file systems', () => {
    const disk = {
      mountPoint: '/var',
      uses: ['etcd data'],
      freeBytes: 50 * gibibyte,
      totalBytes: 100 * gibibyte,
    };
    const inodes = { freeInodes: 900_000, totalInodes: 1_000_000 };
    const idsOf = (more: Partial<Parameters<typeof diskTrouble>[0]>) =>
      diskTrouble({ ...disk, ...inodes, ...more }).map(({ id }) => id);

    it('have room, in bytes and inodes, or in one that has no limit of inodes', () => {
      expect(idsOf({})).to.deep.equal([]);
      expect(diskTrouble(disk)).to.deep.equal([]);
      // Much is left, though it is little of the whole.
      expect(idsOf({ freeBytes: 5 * gibibyte })).to.deep.equal([]);
      // A small one for logs.
      expect(idsOf({ totalBytes: gibibyte / 64, freeBytes: gibibyte / 128 })).to.deep.equal([]);
    });

    it('are nearly full, or full, in bytes or in inodes, and the message has df for it', () => {
      expect(idsOf({ freeBytes: gibibyte / 2 })).to.deep.equal(['disk-filling']);
      expect(idsOf({ freeInodes: 50_000 })).to.deep.equal(['disk-filling']);
      expect(idsOf({ freeBytes: 4096 })).to.deep.equal(['disk-full']);
      expect(idsOf({ freeInodes: 0 })).to.deep.equal(['disk-full']);
      const [bytes] = diskTrouble({ ...disk, ...inodes, freeBytes: 0 });
      expect(bytes?.message).to.equal('the file system /var (etcd data) is full: 0 MiB of 102400 MiB free');
      expect(bytes?.remedy).to.include('df -h /var');
      const [files] = diskTrouble({ ...disk, ...inodes, freeInodes: 3 });
      expect(files?.message).to.include('no inodes').and.to.include('3 of 1000000 inodes free');
      expect(files?.remedy).to.include('df -i /var');
    });
  });

  describe('its clock', () => {
    const now = Date.now();

    it('is right, or kept by somebody who is not asked', () => {
      expect(clockTrouble(now, { name: 'chrony', synchronized: true })).to.deep.equal([]);
      expect(clockTrouble(now, {})).to.deep.equal([]);
    });

    it('is impossible before neco was built, and only then stands in the way', () => {
      const [trouble] = clockTrouble(Date.UTC(1972, 1, 1), { name: 'chrony', synchronized: true });
      expect(trouble?.id).to.equal('clock-impossible');
      expect(trouble?.message)
        .to.include('1972-02-01')
        .and.to.include(earliestClock.toISOString().slice(0, 10));
    });

    it('is not synchronized, by what its keeper says', () => {
      for (const name of ['chrony', 'systemd-timesyncd'] as const) {
        const [trouble] = clockTrouble(now, { name, synchronized: false });
        expect(trouble?.id).to.equal('clock-unsynchronized');
        expect(trouble?.message).to.include(name);
      }
      expect(clockTrouble(now, { synchronized: false })[0]?.message).to.include('nothing synchronizes');
    });
  });

  describe('its units', () => {
    let directory: string;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'neco-units-'));
    });
    afterEach(() => rm(directory, { recursive: true }));

    /** This machine, with the units of a directory in place of its own. */
    function hostWithUnits(): HostReader {
      const real = readOnlyHost();
      const at = (path: string): string => join(directory, path);
      return {
        ...real,
        stat: (path) => real.stat(at(path)),
        list: (path) => real.list(at(path)),
        readText: (path) => real.readText(at(path)),
        readLink: (path) => real.readLink(at(path)),
      };
    }

    const place = '/etc/systemd/system';

    async function write(path: string, text: string): Promise<void> {
      await mkdir(join(directory, path, '..'), { recursive: true });
      await writeFile(join(directory, path), text);
    }

    it('are the packages’, also with drop-ins that only limit them', async () => {
      await write(`${place}/etcd.service.d/memory.conf`, '[Service]\nMemoryMax=4G\nNice=-5\n');
      await write(`${place}/other.service`, '[Service]\nExecStart=/bin/true\n');
      await mkdir(join(directory, place, 'multi-user.target.wants'));
      await symlink('/lib/systemd/system/vault.service', join(directory, place, 'vault.service'));
      expect(await unitTroubles(hostWithUnits())).to.deep.equal([]);
    });

    it('are replaced, changed by a drop-in, or masked, each with the file that does it', async () => {
      await write(`${place}/etcd.service`, '[Service]\nExecStart=/opt/etcd\n');
      await write(
        '/run/systemd/system/vault.service.d/a.conf',
        '[Service]\nExecStart=\nExecStart=/x\nUser=root\n',
      );
      await write(`${place}/neco-.service.d/proxy.conf`, '[Service]\nEnvironment=HTTPS_PROXY=http://x\n');
      await symlink('/dev/null', join(directory, place, 'neco-updater.service'));
      const found = await unitTroubles(hostWithUnits());
      expect(found.map(({ id, message }) => `${id}: ${message}`)).to.have.members([
        `unit-replaced: etcd.service is not the package's: ${place}/etcd.service takes its place`,
        'unit-replaced: vault.service is not as the package has it: /run/systemd/system/vault.service.d/a.conf sets ExecStart, User',
        `unit-replaced: neco-updater.service is not as the package has it: ${place}/neco-.service.d/proxy.conf sets Environment`,
        `unit-replaced: neco-worker.service is not as the package has it: ${place}/neco-.service.d/proxy.conf sets Environment`,
        `unit-masked: neco-updater.service is masked, by ${place}/neco-updater.service`,
      ]);
      for (const { remedy, after = '' } of found) {
        expect(remedy).to.match(/^(mv|rm) \S+( \/root\/)?; systemctl daemon-reload$/);
        expect(after).to.include('--no-block');
      }
    });
  });
});
