import { join } from 'node:path';
import { DaemonUnderTest } from '@neco/test-harness';
import { expect } from 'chai';

describe('neco-worker', function () {
  this.timeout(20_000);
  let daemon: DaemonUnderTest;

  beforeEach(async () => {
    daemon = await DaemonUnderTest.prepare('neco-worker', join(import.meta.dirname, '../src/main.ts'));
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
    expect(stdout).to.contain('--config PATH').and.to.contain('/etc/neco/neco-worker.yml');
  });

  it('lives without etcd and Vault, says what it lacks and the remedy, and ends in good order', async () => {
    const started = daemon.start();
    await started.says(
      `<4>${daemon.vaultCa} does not exist (run "neco setup" or "neco join", which write it, `,
    );
    // Whichever of its duties speaks first.
    expect(started.output).to.match(/^(<[46]>.*\n)+$/);
    expect(started.output).not.to.include('ENOENT');
    started.kill('SIGTERM');
    expect(await started.ended()).to.equal(0);
  });
});
