/*
 * Safety of Simplex, by which the ledger agrees on blocks: of two final blocks one always descends from the other.
 *
 * Honest voters are modelled. Byzantine ones have voted for everything from the start: the worst they can do, since a vote too many
 * never takes anything from anybody. So a certificate exists as soon as NEED honest voters have voted alike. An honest voter may act
 * on every certificate there is; one that has not seen it yet acts later or never, which is a run of this model too, because no rule
 * asks for the absence of a certificate. Timers fire at any moment. Votes are durable, so a crash is no more than a pause.
 *
 * Sizes: HONEST voters, NEED = quorum minus Byzantine weight, SLOTS (2 or 3), TWINS (blocks that slot 1's leader makes on each parent).
 * Mutants, one switch each: NO_GAP_CHECK, NO_PARENT_CHECK, FINAL_AFTER_SKIP, SKIP_AFTER_FINAL, NOTAR_TWICE. A NEED of a quorum that is
 * too small is one, too. WITNESS asserts instead that nothing final is built on a skipped slot, which must be refuted.
 */
#ifndef HONEST
#define HONEST 3
#endif
#ifndef NEED
#define NEED 2
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef TWINS
#define TWINS 1
#endif

/*
 * Blocks are numbers: every one that may be proposed on any parent before its slot. The parent follows from the number.
 * Slot 0: two on genesis. Slot 1: TWINS on genesis and on each of slot 0. Slot 2: one on genesis and on each of slots 0 and 1.
 */
#define GENESIS 31
#define SECOND 2
#define THIRD (SECOND + 3 * TWINS)
#if SLOTS == 2
#define BLOCKS THIRD
#else
#define BLOCKS (THIRD + THIRD + 1)
#endif
#define SLOT(b) ((b) < SECOND -> 0 : ((b) < THIRD -> 1 : 2))
#define PREVIOUS(n) ((n) == 0 -> GENESIS : (n) - 1)
#define PARENT(b) ((b) < SECOND -> GENESIS : ((b) < THIRD -> PREVIOUS(((b) - SECOND) / TWINS) : PREVIOUS((b) - THIRD)))

/* Sets are integers with a bit for each member: of blocks, or of slots. */
#define HAS(set, n) (((set) >> (n)) & 1)
#define BLOCKS_OF(s) ((s) == 0 -> (1 << SECOND) - 1 : ((s) == 1 -> (1 << THIRD) - (1 << SECOND) : ~((1 << THIRD) - 1)))
#define SLOT_AFTER(p) ((p) == GENESIS -> 0 : SLOT(p) + 1)
#define GAP(b) ((1 << SLOT(b)) - (1 << SLOT_AFTER(PARENT(b))))

/* What each honest voter has voted: sets of blocks, blocks and slots. */
int notar[HONEST];
int final[HONEST];
byte skip_[HONEST];

/* What is certified. It follows from the votes, as does which blocks have a vote at all. */
int notarised;
int finalised;
byte skipped;
int seen;

#ifdef NOTAR_TWICE
#define FIRST_NOTAR(v, b) (!HAS(notar[v], b))
#else
#define FIRST_NOTAR(v, b) ((notar[v] & BLOCKS_OF(SLOT(b))) == 0)
#endif
#ifdef NO_PARENT_CHECK
#define PARENT_NOTARISED(b) true
#else
#define PARENT_NOTARISED(b) (PARENT(b) == GENESIS || HAS(notarised, PARENT(b)))
#endif
#ifdef NO_GAP_CHECK
#define GAP_SKIPPED(b) true
#else
#define GAP_SKIPPED(b) ((skipped & GAP(b)) == GAP(b))
#endif
#ifdef FINAL_AFTER_SKIP
#define NEVER_SKIPPED(v, s) true
#else
#define NEVER_SKIPPED(v, s) (!HAS(skip_[v], s))
#endif
#ifdef SKIP_AFTER_FINAL
#define NEVER_FINAL(v, s) true
#else
#define NEVER_FINAL(v, s) ((final[v] & BLOCKS_OF(s)) == 0)
#endif

/* Twins differ in nothing but their numbers, so they get their first votes in the order of these. */
#define IS_SECOND_TWIN(b) ((b) > 0 && SLOT(b) == SLOT((b) - 1) && PARENT(b) == PARENT((b) - 1))
#define IN_TURN(b) (!IS_SECOND_TWIN(b) || HAS(seen, (b) - 1))

/* The rules. */
#define MAY_NOTAR(v, b) (FIRST_NOTAR(v, b) && PARENT_NOTARISED(b) && GAP_SKIPPED(b) && IN_TURN(b))
#define MAY_FINAL(v, b) (HAS(notar[v], b) && HAS(notarised, b) && NEVER_SKIPPED(v, SLOT(b)) && !HAS(final[v], b))
#define MAY_SKIP(v, s) (NEVER_FINAL(v, s) && !HAS(skip_[v], s))

/* Honest voters differ in nothing but their votes, so the state keeps them sorted; of equal ones the first acts. */
#define BELOW(v, w) \
  (notar[v] < notar[w] || (notar[v] == notar[w] && (final[v] < final[w] || (final[v] == final[w] && skip_[v] < skip_[w]))))

inline swapWithPrevious(votes, previous) {
  number = votes; votes = previous; previous = number
}

inline sort() {
  i = 1;
  do
  :: i < HONEST ->
    j = i;
    do
    :: j > 0 && BELOW(j, j - 1) ->
      swapWithPrevious(notar[j], notar[j - 1]);
      swapWithPrevious(final[j], final[j - 1]);
      swapWithPrevious(skip_[j], skip_[j - 1]);
      j--
    :: else -> break
    od;
    i++
  :: else -> break
  od
}

/* `vote` is that of voter j. */
inline certify(certified, vote, count) {
  i = 0;
  do
  :: i < count ->
    number = 0; j = 0;
    do
    :: j < HONEST -> number = number + HAS(vote, i); j++
    :: else -> break
    od;
    if
    :: number >= NEED -> certified = certified | (1 << i)
    :: else
    fi;
    i++
  :: else -> break
  od
}

/* Every final block i is met on the way down from every final block j of the same or a later slot. */
inline assertOneChain() {
  i = 0;
  do
  :: i < BLOCKS ->
    j = 0;
    do
    :: j < BLOCKS ->
      if
      :: HAS(finalised, i) && HAS(finalised, j) && SLOT(i) <= SLOT(j) ->
        number = j;
        do
        :: number != GENESIS && SLOT(number) > SLOT(i) -> number = PARENT(number)
        :: else -> break
        od;
        assert(number == i)
      :: else
      fi;
      j++
    :: else -> break
    od;
    i++
  :: else -> break
  od
}

/* Of slot SLOTS - 1, the first block is built on genesis, across all slots before. */
#if SLOTS == 2
#define ACROSS SECOND
#else
#define ACROSS THIRD
#endif

active proctype network() {
  byte v, b;
  byte i, j;
  int number;
  do
  :: atomic {
    select(v : 0 .. (HONEST - 1));
    if
    :: v == 0 || BELOW(v - 1, v) -> select(b : 0 .. (BLOCKS - 1))
    :: else -> goto next
    fi;
    if
    :: MAY_NOTAR(v, b) -> notar[v] = notar[v] | (1 << b); seen = seen | (1 << b)
    :: MAY_FINAL(v, b) -> final[v] = final[v] | (1 << b)
    :: b < SLOTS && MAY_SKIP(v, b) -> skip_[v] = skip_[v] | (1 << b)
    :: else -> goto next
    fi;
    d_step {
      sort();
      certify(notarised, notar[j], BLOCKS);
      certify(finalised, final[j], BLOCKS);
      certify(skipped, skip_[j], SLOTS);
#ifdef WITNESS
      assert(!HAS(finalised, ACROSS));
#else
      assertOneChain();
#endif
      i = 0; j = 0; number = 0
    }
next:
    v = 0; b = 0
  }
  od
}
