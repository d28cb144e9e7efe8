import { join } from 'node:path';
import { DaemonUnderTest } from '@neco/test-harness';
import { expect } from 'chai';

describe('neco-updater', function () {
  this.timeout(20_000);
  let daemon: DaemonUnderTest;

  beforeEach(async () => {
    daemon = await DaemonUnderTest.prepare('neco-updater', join(import.meta.dirname, '../src/main.ts'));
  });

  afterEach(() => daemon.remove());

  it('says its version', async () => {
    const { status, stdout } = await daemon.run('--version');
    expect(status).to.equal(0);
    expect(stdout).to.match(/^[0-9]+\.[0-9]+\.[0-9]+\n$/);
  });

  it('says how it is called', async () => {
    const { status, stdout } = await daemon.run('--help');
    expect(status).to.equal(0);
    expect(stdout).to.contain('--config PATH').and.to.contain('/etc/neco/neco-updater.yml');
  });

  it('refuses words that it does not know', async () => {
    const { status, stderr } = await daemon.run('--confg', 'x');
    expect(status).to.equal(2);
    expect(stderr).to.contain("'--confg'").and.to.contain('to see the usage: neco-updater --help');
  });

  it('refuses a configuration that is not there', async () => {
    const { status, stderr } = await daemon.run('--config', join(daemon.directory, 'other.yml'));
    expect(status).to.equal(2);
    expect(stderr).to.contain('other.yml does not exist').and.to.contain('"neco setup"');
  });

  it('refuses a field that it does not know, and names the nearest', async () => {
    await daemon.configure('endpoint: ["https://127.0.0.1:2379"]');
    const { status, stderr } = await daemon.run('--config', daemon.configuration);
    expect(status).to.equal(2);
    expect(stderr).to.contain('unknown field "endpoint"').and.to.contain('did you mean "endpoints"?');
  });

  for (const [bad, says] of [
    ['prefix: /', 'prefix: must not be empty'],
    ['vault-address: http://10.0.0.3:8200', 'vault-address: must be https://ADDRESS:PORT'],
    ['endpoints: 5', 'endpoints: '],
  ] as const) {
    it(`refuses ${bad}`, async () => {
      await daemon.configure(bad);
      const { status, stderr } = await daemon.run('--config', daemon.configuration);
      expect(status).to.equal(2);
      expect(stderr).to.contain(says).and.to.contain(`correct ${daemon.configuration}`);
    });
  }

  it('lives without etcd and Vault, says what it lacks and the remedy, and ends in good order', async () => {
    const started = daemon.start();
    await started.says(
      `<4>${daemon.vaultCa} does not exist (run "neco setup" or "neco join", which write it, `,
    );
    expect(started.output).to.match(/^(<4>.*\n)+$/);
    expect(started.output).not.to.include('ENOENT');
    started.kill('SIGTERM');
    expect(await started.ended()).to.equal(0);
  });

  it('takes the endpoints of its file as they change, and keeps them when it is spoilt', async () => {
    const started = daemon.start();
    await started.says(' does not exist ');
    const with3 = 'endpoints: ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"]';
    await daemon.configure(with3);
    await started.says(
      `<6>using the etcd endpoints http://127.0.0.1:1, http://127.0.0.1:2, http://127.0.0.1:3 from ${daemon.configuration}\n`,
    );
    await daemon.configure('endpoints: 5');
    await started.says('keeping the previous settings\n');
    expect(started.isRunning).to.equal(true);
  });
});
