import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Commit } from './database.ts';

describe('what is settled once two commits are', () => {
  it('is done when both are, whichever is first', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const commits = [new Commit(), new Commit()];
      const both = Commit.both(commits[0], commits[1])!;
      commits[order[0]!]!.settle();
      assert.equal(both.state, 'pending');
      commits[order[1]!]!.settle();
      assert.equal(both.state, 'done');
    }
  });

  it('fails with the one that fails', () => {
    const [a, b] = [new Commit(), new Commit()];
    const both = Commit.both(a, b)!;
    const error = new Error('the disk is full');
    a.settle();
    b.settle(error);
    assert.deepEqual([both.state, both.error], ['failed', error]);
  });

  it('is one of them where the other is done or none', () => {
    const [done, pending] = [new Commit(), new Commit()];
    done.settle();
    assert.equal(Commit.both(done, pending), pending);
    assert.equal(Commit.both(pending, done), pending);
    assert.equal(Commit.both(undefined, pending), pending);
    assert.equal(Commit.both(pending, undefined), pending);
    assert.equal(Commit.both(pending, pending), pending);
  });

  it('is told of also after 100,000 messages of one sender, all in the group behind a disk that is slow', () => {
    const [underWay, next] = [new Commit(), new Commit()];
    let all: Commit | undefined = underWay;
    for (let i = 0; i < 100_000; i++) all = Commit.both(all, next);
    let told = false;
    all!.onSettled(() => {
      told = true;
    });
    underWay.settle();
    assert.equal(told, false);
    next.settle();
    assert.equal(told, true);
  });
});
