/* SPDX-License-Identifier: MIT */
/*
 * prot.pml - the protocol of runtime/device/prot.h: one block of a device that is opened natively.
 *
 * The runtime gives and takes rights (under the block's lock, so one at a time), workers load and
 * store at any moment, and the device's list of mappings to forget is worked off at any moment,
 * late ones included.  Checked at every access: a store only with the right to write, a load only
 * with a right at all.  `right` rises before the runtime's first step of giving and falls after its
 * last step of taking.
 *
 * The hardware: a page table entry (none, read-only, read-only and marked by userfaultfd, writable),
 * the mapping's own protection, and whether it is registered.  What the kernel does at a fault is in
 * load and store.
 *
 * -DBUG=1  a store does not forget what is left of opening
 *      2  forgetting says READ but leaves the mapping writable
 *      3  no OPENING: READ_OPEN before unregistering
 *      4  forgetting clears STALE afterwards
 */
#ifndef BUG
#define BUG 0
#endif

mtype = { READ, STALE, OPENING, READ_OPEN, OPEN, WRITE };    /* the byte */
mtype = { ABSENT, READABLE, MARKED, WRITABLE };              /* the page table entry */
mtype = { NOTHING, LOADS, STORES };                          /* what the core allows */

mtype prot = READ, entry = ABSENT, right = NOTHING;
bool writable = false, registered = true;   /* the mapping */
bool own = false;                           /* the runtime's set of unregistered blocks */
bool locked = false;                        /* the device process's lock */

#define lock() atomic { !locked -> locked = true }
#define unlock() locked = false

/* ---- the device process ---------------------------------------------------------------------- */

inline forget()
{
    lock();
    if
    :: BUG != 4 -> atomic { if :: prot == STALE -> prot = READ :: else fi }
    :: else
    fi;
    entry = ABSENT;
    if
    :: BUG == 4 -> atomic { if :: prot == STALE -> prot = READ :: else fi }
    :: else
    fi;
    if
    :: prot == WRITE ->
        atomic { writable = (BUG == 2); if :: entry == WRITABLE -> entry = READABLE :: entry != WRITABLE fi };
        atomic { if :: prot == WRITE -> prot = READ :: else fi }
    :: else
    fi;
    unlock()
}

/* A store met a read-only mapping. */
inline signal()
{
    lock();
    do
    :: atomic { prot == OPENING -> skip }   /* wait: the runtime is about to leave it */
    :: atomic { prot != OPENING -> was = prot; prot = WRITE; break }
    od;
    if
    :: was == READ_OPEN -> registered = true
    :: else
    fi;
    if
    :: (was == READ_OPEN || was == STALE) && BUG != 1 -> entry = ABSENT
    :: else
    fi;
    writable = true;
    unlock()
}

inline load()
{
    atomic {
        if
        :: entry != ABSENT -> assert(right != NOTHING)
        :: entry == ABSENT && !registered ->
            assert(right != NOTHING);
            entry = (writable -> WRITABLE : READABLE)
        :: entry == ABSENT && registered -> skip /* a fault, which the runtime serves or not */
        fi
    }
}

inline store()
{
    atomic {
        refused = false;
        if
        :: entry == WRITABLE -> assert(right == STORES)
        :: entry != WRITABLE && !writable -> refused = true
        :: entry == READABLE && writable -> assert(right == STORES); entry = WRITABLE
        :: entry == ABSENT && writable && !registered ->
            assert(right == STORES); entry = WRITABLE
        :: entry == ABSENT && writable && registered -> skip /* a fault */
        :: entry == MARKED && writable -> skip               /* a fault */
        fi
    }
}

active [2] proctype worker()
{
    mtype was;
    bool refused;

end:
    do
    :: load()
    :: store();
        if
        :: refused -> signal()
        :: else
        fi
    od
}

/* Ranges that were put on the list earlier. */
active proctype late()
{
end:
    do
    :: forget()
    od
}

/* ---- the runtime ----------------------------------------------------------------------------- */

/* Any state but WRITE becomes `to`; moved says whether. */
inline move(to)
{
    atomic { if :: prot != WRITE -> prot = to; moved = true :: else -> moved = false fi }
}

inline guard()
{
    if
    :: own ->
        registered = true;
        move(STALE);
        own = false
    :: else
    fi
}

inline map_read()
{
    right = LOADS;
    if
    :: prot == WRITE -> guard(); forget()
    :: else
    fi;
    own = true;
    if
    :: BUG == 3 -> move(READ_OPEN)
    :: else -> move(OPENING)
    fi;
    if
    :: moved ->
        registered = false;
        atomic { if :: prot == OPENING -> prot = READ_OPEN :: else fi }
    :: else -> /* a store came in between: page by page */
        guard();
        entry = MARKED
    fi
}

inline map_own()
{
    right = STORES;
    own = true;
    move(OPEN);
    registered = false
}

inline unmap()
{
    guard();
    forget();
    right = NOTHING
}

active proctype runtime()
{
    bool moved;

end:
    do
    :: right == NOTHING -> map_read()
    :: right == NOTHING -> map_own()
    :: right == LOADS -> map_read()  /* a fault on a block that is open already */
    :: right == LOADS -> map_own()   /* an upgrade */
    :: right == STORES -> map_own()
    :: right != NOTHING -> unmap()
    od
}
