import { errorCodes, messageOf, NecoError, toNecoError } from '@neco/core';
import { expect } from 'chai';

describe('an error of neco', () => {
  it('has a code, message, hint, cause and the exit status of its code', () => {
    const cause = new Error('deep');
    const error = new NecoError('QUORUM_AT_RISK', 'no', { hint: 'do this', cause, retryable: true });
    expect(error).to.be.instanceOf(Error);
    expect(error).to.include({
      code: 'QUORUM_AT_RISK',
      message: 'no',
      hint: 'do this',
      cause,
      retryable: true,
    });
    expect(error.exitStatus).to.equal(4);
  });

  it('is not retryable and has no details by default', () => {
    const error = new NecoError('USAGE', 'no');
    expect(error.retryable).to.equal(false);
    expect(error.details).to.deep.equal([]);
    expect('cause' in error).to.equal(false);
  });

  it('has an exit status of 1 to 4 for every code', () => {
    for (const status of Object.values(errorCodes)) expect(status).to.be.within(1, 4);
  });

  it('wraps other thrown values, once', () => {
    const thrown = new TypeError('odd');
    const error = toNecoError(thrown);
    expect(error).to.include({ code: 'INTERNAL', message: 'odd', cause: thrown });
    expect(toNecoError(error)).to.equal(error);
    expect(toNecoError('text').message).to.equal('text');
    expect(messageOf({ toString: () => 'an object' })).to.equal('an object');
  });
});
