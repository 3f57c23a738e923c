import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasPassed, toPseudonym } from '../../../src/message/via.ts'

const us = toPseudonym('0123456789abcdef')

describe('Via', () => {
  it('PX-06 names a pseudonym that tells no host', () => {
    assert.equal(us, 'microgateway-0123456789abcdef')
  })

  it('PX-07 tells that a request has been here, wherever in the list and whatever is beside it', () => {
    for (const list of [`1.1 ${us}`, `1.0 a, 1.1 ${us}`, `2.0 ${us} (here), 1.1 b`, `1.1 a,1.1 ${us},1.1 b`]) {
      assert.equal(hasPassed(list, us), true, list)
    }
  })

  it('takes no other gateway for this one', () => {
    for (const list of [undefined, '', '1.1 a', '1.1 microgateway', `1.1 ${toPseudonym('fedcba9876543210')}`]) {
      assert.equal(hasPassed(list, us), false, list ?? 'none')
    }
    assert.equal(hasPassed(`1.1 ${us}`, undefined), false)
  })
})
