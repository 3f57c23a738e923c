/**
 * The little of ASN.1 that key stores are made of, over `asn1js`, which reads DER and BER. It is imported only where such a store or an
 * encrypted key is configured. Whatever has another form than asked for is `Malformed`; who reads a store turns that into a finding.
 */
import {
  BmpString,
  Constructed,
  fromBER,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  Set as SetBlock,
} from 'asn1js'

type Block = ReturnType<typeof fromBER>['result']

/** What was read is not what its format says. */
export class Malformed extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'Malformed'
  }
}

/** Bounds of one reading; a store within its size limit stays far below them. */
const LIMITS = { maxDepth: 32, maxNodes: 100_000, maxContentLength: 2 ** 21 }

/** One element of an ASN.1 text. Every question that its form does not answer throws `Malformed`. */
export class Asn1 {
  readonly #block: Block

  private constructor(block: Block) {
    this.#block = block
  }

  /** Reads bytes that hold one element and nothing behind it. */
  static read(bytes: Uint8Array): Asn1 {
    let read: ReturnType<typeof fromBER>
    try {
      read = fromBER(new Uint8Array(bytes), LIMITS)
    } catch {
      throw new Malformed('beyond every bound')
    }
    if (read.offset !== bytes.length || read.result.error !== '') throw new Malformed('not ASN.1, or cut short')
    return new Asn1(read.result)
  }

  /** Whether it is tagged `[number]`. */
  isTagged(number: number): boolean {
    const { tagClass, tagNumber } = this.#block.idBlock
    return tagClass === 3 && tagNumber === number
  }

  isInteger(): boolean {
    return this.#block instanceof Integer
  }

  isNull(): boolean {
    return this.#block instanceof Null
  }

  isSequence(): boolean {
    return this.#block instanceof Sequence
  }

  isOctets(): boolean {
    return this.#block instanceof OctetString
  }

  /** The elements of a SEQUENCE, a SET, or a constructed tag. */
  items(): readonly Asn1[] {
    const block = this.#block
    const isList = block instanceof Sequence || block instanceof SetBlock || block instanceof Constructed
    if (!isList) throw new Malformed('no list')
    return block.valueBlock.value.map(item => new Asn1(item as Block))
  }

  /** The element at a place of a list. */
  at(index: number): Asn1 {
    const item = this.items()[index]
    if (item === undefined) throw new Malformed('too short a list')
    return item
  }

  /** An OBJECT IDENTIFIER with its dots. */
  oid(): string {
    if (!(this.#block instanceof ObjectIdentifier)) throw new Malformed('no object identifier')
    return this.#block.valueBlock.toString()
  }

  /** A small INTEGER. */
  number(): number {
    if (!(this.#block instanceof Integer) || this.#block.valueBlock.valueHexView.length > 6) {
      throw new Malformed('no small number')
    }
    return Number(this.#block.toBigInt())
  }

  /** The octets of an OCTET STRING, in one piece or in several, also of one whose tag was replaced (`IMPLICIT`). */
  octets(): Buffer {
    const block = this.#block
    if (block instanceof OctetString) return Buffer.from(block.getValue())
    if (block instanceof Primitive) return Buffer.from(block.valueBlock.valueHexView)
    if (!(block instanceof Constructed) || block instanceof Sequence) throw new Malformed('no octets')
    return Buffer.concat(this.items().map(item => item.octets()))
  }

  /** A BMPString. */
  text(): string {
    if (!(this.#block instanceof BmpString)) throw new Malformed('no text')
    return this.#block.getValue()
  }

  /** The element as it was read, encoded. */
  encoded(): Buffer {
    return Buffer.from(this.#block.valueBeforeDecodeView)
  }
}
