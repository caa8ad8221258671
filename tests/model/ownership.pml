/* SPDX-License-Identifier: MIT */
/*
 * ownership.pml - the ownership protocol of residency.c, one page a block, for the model checker.
 *
 * Processors: 0 is the host, 1 .. DEVICES are devices.  Every processor runs an agent that reads
 * and writes for ever; a touch that its access does not allow is a fault, which the agent's own
 * process serves, so that faults of all processors are served at the same time.  Beside them an
 * evictor, a killer of devices with the runtime's answer to it, and a discarder.
 *
 * Kept apart, as in the code:
 *     present, resident, mapped, writable   what the core believes, guarded by the block's lock
 *     access                                what the processor's threads can really do
 *     remote                                what the core believes p to touch in another's frame
 *     leads                                 whose frame p's mapping really leads to
 *     frame                                 the bytes (a version number), also while nobody looks
 *     latest                                ghost: the value any read has to give
 *
 * An unmapping of an idle device may be deferred to its next launch (`deferred`).  Between two
 * statements everything else can happen; what the hardware or a system call does at once is atomic.
 *
 *     -DDEVICES=n -DBLOCKS=n -DCAPACITY=n (blocks of a device)   the size of the world
 *     -DWITH_DEATH -DWITH_DISCARD -DWITH_EVICTION                what else happens
 *     -DWITH_REMOTE                       a touch may be served by mapping the page where it is
 *     -DBUG=n   1 copy before taking write access away    2 launch without the deferred unmapping
 *               3 evict the only copy without writing it  4 write while others keep their copy
 *               5 restart without forgetting access       6 make a frame before making room
 *               7 restart before forgetting access: what was given meanwhile is forgotten, too
 *               8 a copy is made while others write the frame remotely
 *               9 a frame is dropped that others touch remotely
 *              10 a page is mapped remotely while there are other copies
 *              11 the host may read what it mapped remotely before, while others have copies
 */
#ifndef DEVICES
#define DEVICES 2
#endif
#ifndef BLOCKS
#define BLOCKS 1
#endif
#ifndef CAPACITY
#define CAPACITY BLOCKS
#endif
#ifndef BUG
#define BUG 0
#endif

#define N (DEVICES + 1)
#define VERSIONS 3
#define AT(b, p) ((b) * N + (p))

#define NONE 0
#define READ 1
#define WRITE 2

bool locked[BLOCKS];
bool written[BLOCKS];
byte latest[BLOCKS];

bool present[BLOCKS * N];
bool resident[BLOCKS * N];
bool mapped[BLOCKS * N];
bool writable[BLOCKS * N];
byte access[BLOCKS * N];
bool deferred[BLOCKS * N];
byte frame[BLOCKS * N];
#ifdef WITH_REMOTE
bool remote[BLOCKS * N];
byte leads[BLOCKS * N];
#define HOME 0
#define TO(q) ((q) + 1)
#define AWAY (N + 1) /* not home yet, but guarded, with nothing mapped */
#define leads_home(b, p) (leads[AT(b, p)] == HOME)
#define reaches(b, p) (leads[AT(b, p)] != HOME && leads[AT(b, p)] != AWAY)
#define reached(b, p) AT(b, leads[AT(b, p)] - 1)
#else
#define leads_home(b, p) true
#define reaches(b, p) false
#endif

byte held[N];
bool running[N]; /* a launch is on the device; always true for the host */
bool alive[N];

#define lock(b) atomic { !locked[b] -> locked[b] = true }
#define unlock(b) locked[b] = false

/* ---- the invariants, looked at by a process that wakes when one fails ------------------------ */

/* p's threads can touch it: a deferred unmapping of a device that runs nothing does not count. */
#define can(b, p, what) (access[AT(b, p)] >= what && running[p] && alive[p])
#define may_write(b, p) can(b, p, WRITE)
#define may_read(b, p) can(b, p, READ)

#if DEVICES == 2
#define others_may_read(b, p) ((p != 0 && may_read(b, 0)) || (p != 1 && may_read(b, 1)) || \
                               (p != 2 && may_read(b, 2)))
#define R1(b) !((may_write(b, 0) && others_may_read(b, 0)) || \
                (may_write(b, 1) && others_may_read(b, 1)) || \
                (may_write(b, 2) && others_may_read(b, 2)))
#define R2(b) ((access[AT(b, 0)] == NONE || present[AT(b, 0)]) && \
               (access[AT(b, 1)] == NONE || present[AT(b, 1)]) && \
               (access[AT(b, 2)] == NONE || present[AT(b, 2)]))
#define R3(b) (!written[b] || resident[AT(b, 0)] || resident[AT(b, 1)] || resident[AT(b, 2)])
#define R4 (held[1] <= CAPACITY && held[2] <= CAPACITY)
#else
#define R1(b) !((may_write(b, 0) && may_read(b, 1)) || (may_write(b, 1) && may_read(b, 0)))
#define R2(b) ((access[AT(b, 0)] == NONE || present[AT(b, 0)]) && \
               (access[AT(b, 1)] == NONE || present[AT(b, 1)]))
#define R3(b) (!written[b] || resident[AT(b, 0)] || resident[AT(b, 1)])
#define R4 (held[1] <= CAPACITY)
#endif

#ifdef WITH_REMOTE
#define leads_to_content(b, p) (!reaches(b, p) || resident[reached(b, p)])
#if DEVICES == 2
#define R6(b) (leads_to_content(b, 0) && leads_to_content(b, 1) && leads_to_content(b, 2))
#else
#define R6(b) (leads_to_content(b, 0) && leads_to_content(b, 1))
#endif
#else
#define R6(b) true
#endif

#if BLOCKS == 2
#define EACH(rule) (rule(0) && rule(1))
#else
#define EACH(rule) (rule(0))
#endif

active proctype monitor()
{
end:
    if
    :: atomic { !EACH(R1) -> assert(false) } /* R1: one writes, another reads */
    :: atomic { !EACH(R2) -> assert(false) } /* R2: access without a frame */
    :: atomic { !EACH(R3) -> assert(false) } /* R3: content lost */
    :: atomic { !R4 -> assert(false) }       /* R4: above capacity */
    :: atomic { !EACH(R6) -> assert(false) } /* R6: remote where no content is */
    fi
}

/* ---- what device.h offers, each at once ------------------------------------------------------ */

inline give(b, p, what)
{
    atomic {
        if
        :: alive[p] -> access[AT(b, p)] = what; deferred[AT(b, p)] = false
        :: else
        fi;
        mapped[AT(b, p)] = true;
        writable[AT(b, p)] = (what == WRITE)
    }
}

/* As in the core: what it does not believe to be mapped it does not take away. */
inline protect(b, p)
{
    atomic {
        if
        :: writable[AT(b, p)] && access[AT(b, p)] == WRITE -> access[AT(b, p)] = READ
        :: else
        fi;
        writable[AT(b, p)] = false
    }
}

inline unmap(b, p)
{
    atomic {
        if
        :: !mapped[AT(b, p)] || access[AT(b, p)] == NONE
        :: mapped[AT(b, p)] && access[AT(b, p)] != NONE && !running[p] ->
            deferred[AT(b, p)] = true
        :: mapped[AT(b, p)] && access[AT(b, p)] != NONE && running[p] ->
            access[AT(b, p)] = NONE
        fi;
        mapped[AT(b, p)] = false;
        writable[AT(b, p)] = false
    }
}

inline drop(b, p)
{
    atomic {
        if
        :: present[AT(b, p)] ->
            access[AT(b, p)] = NONE;
            deferred[AT(b, p)] = false;
            mapped[AT(b, p)] = false;
            writable[AT(b, p)] = false;
            resident[AT(b, p)] = false;
            present[AT(b, p)] = false;
            frame[AT(b, p)] = 0;
            held[p]--
        :: else
        fi
    }
}

inline back(b, p)
{
    atomic {
        if
        :: !present[AT(b, p)] -> present[AT(b, p)] = true; frame[AT(b, p)] = 0; held[p]++
        :: else
        fi
    }
}

#ifdef WITH_REMOTE
/* p does not touch b in another's frame any more.  A device leads home at once, the host later. */
inline take_remote(b, p)
{
    atomic {
        if
        :: remote[AT(b, p)] ->
            remote[AT(b, p)] = false;
            if
            :: p == 0 -> leads[AT(b, p)] = AWAY
            :: else -> leads[AT(b, p)] = HOME
            fi
        :: else
        fi
    }
}

/* A touch in between meets own frames, unguarded: two system calls. */
inline lead_home(b, p)
{
    if
    :: leads[AT(b, p)] == AWAY ->
        atomic { leads[AT(b, p)] = HOME; access[AT(b, p)] = WRITE };
        atomic { access[AT(b, p)] = NONE }
    :: else
    fi
}
#endif

inline take_all_remote(b)
{
#ifdef WITH_REMOTE
    take_remote(b, 0);
    take_remote(b, 1);
#if DEVICES == 2
    take_remote(b, 2);
#endif
#else
    skip
#endif
}

/* ---- changes of one locked block ------------------------------------------------------------- */

/* Somebody else who has the page; N if nobody. */
inline find_other(b, p, q)
{
    atomic {
        q = 0;
        do
        :: q < N && (q == p || !resident[AT(b, q)]) -> q++
        :: else -> break
        od
    }
}

/* Make p's frame current.  Others lose write access before a byte is copied. */
inline bring(b, p, q)
{
    if
    :: !resident[AT(b, p)] ->
        back(b, p);
#if BUG != 8
        take_all_remote(b);
#endif
        find_other(b, p, q);
        if
        :: q < N ->
#if BUG == 1
            frame[AT(b, p)] = frame[AT(b, q)];
            protect(b, q)
#else
            protect(b, q);
            frame[AT(b, p)] = frame[AT(b, q)]
#endif
        :: else -> frame[AT(b, p)] = 0
        fi;
        resident[AT(b, p)] = true;
#if BUG == 8
        take_all_remote(b)
#endif
    :: else
    fi
}

/* Nobody but p keeps a copy.  Frames may stay, empty, or go. */
inline take_from_others(b, p, q)
{
    q = 0;
    do
    :: q < N ->
        if
        :: q != p && resident[AT(b, q)] ->
            unmap(b, q);
            resident[AT(b, q)] = false
        :: q != p && present[AT(b, q)] && !resident[AT(b, q)] -> drop(b, q)
        :: else
        fi;
        q++
    :: else -> break
    od;
    q = 0
}

/* p gives its frame of b up; the only copy goes home first. */
inline evict_block(b, p, q)
{
    if
    :: resident[AT(b, p)] ->
        find_other(b, p, q);
        if
        :: q == N && written[b] ->
            back(b, 0);
#if BUG != 9
            take_all_remote(b);
#endif
            protect(b, p);
#if BUG != 3
            frame[AT(b, 0)] = frame[AT(b, p)];
#endif
            resident[AT(b, 0)] = true
        :: else
        fi;
        q = 0
    :: else
    fi;
    drop(b, p)
}

/* Is there room for b on p?  Else evict another block and start again, as the code does. */
inline make_room(b, p, q, no_room)
{
    no_room = (p != 0 && !present[AT(b, p)] && held[p] >= CAPACITY)
}

#ifdef WITH_REMOTE
/* p touches b where q has it.  Others lose their copies. */
inline serve_remote(b, p, q, r)
{
    lock(b);
    find_other(b, p, q);
    if
    :: resident[AT(b, p)] || q == N -> skip /* it is here, or nowhere: not this way */
    :: else ->
        r = 0;
        do
        :: r < N ->
            if
            :: r != q && resident[AT(b, r)] ->
#if BUG != 10
                unmap(b, r);
#endif
                resident[AT(b, r)] = false
            :: else
            fi;
            r++
        :: else -> r = 0; break
        od;
        atomic {
            written[b] = true;
            if
            :: alive[p] -> leads[AT(b, p)] = TO(q); access[AT(b, p)] = NONE; deferred[AT(b, p)] = false
            :: else
            fi;
            remote[AT(b, p)] = true
        }
    fi;
    q = 0;
    unlock(b)
}
#endif

inline serve(b, p, what, q, no_room)
{
    do
    :: lock(b);
        make_room(b, p, q, no_room);
        if
        :: no_room && BUG != 6 ->
            unlock(b);
#if BLOCKS == 2
            if
            :: atomic { !locked[1 - b] -> locked[1 - b] = true } ->
                evict_block(1 - b, p, q);
                unlock(1 - b)
            :: locked[1 - b]
            fi
#endif
        :: else -> break
        fi
    od;
    bring(b, p, q);
    if
#if BUG != 11
    :: what == WRITE || !leads_home(b, p) ->
#else
    :: what == WRITE ->
#endif
#if BUG != 4
        take_from_others(b, p, q);
#endif
#ifdef WITH_REMOTE
        lead_home(b, p);
#endif
        atomic { written[b] = true; give(b, p, WRITE) }
    :: else ->
#ifdef WITH_REMOTE
        lead_home(b, p);
#endif
        if
        :: writable[AT(b, p)]  /* granted meanwhile */
        :: else -> give(b, p, READ)
        fi
    fi;
    q = 0;
    no_room = false;
    unlock(b)
}

/* ---- agents ---------------------------------------------------------------------------------- */

/* A touch happens at once or not at all. */
inline touch(b, p, what, q, no_room)
{
    do
#ifdef WITH_REMOTE
    :: atomic {
           running[p] && alive[p] && what == READ && reaches(b, p) ->
           assert(frame[reached(b, p)] == latest[b]);
           break
       }
    :: atomic {
           running[p] && alive[p] && what == WRITE && reaches(b, p) ->
           assert(frame[reached(b, p)] == latest[b]);
           latest[b] = (latest[b] + 1) % VERSIONS;
           frame[reached(b, p)] = latest[b];
           break
       }
    :: running[p] && alive[p] && access[AT(b, p)] < what && !reaches(b, p) ->
        serve_remote(b, p, q, r)
#endif
    :: atomic {
           !running[p] || !alive[p] -> break
       }
    :: atomic {
           running[p] && alive[p] && what == READ && access[AT(b, p)] >= READ ->
           assert(frame[AT(b, p)] == latest[b]);
           break
       }
    :: atomic {
           running[p] && alive[p] && what == WRITE && access[AT(b, p)] == WRITE ->
           assert(frame[AT(b, p)] == latest[b]);
           latest[b] = (latest[b] + 1) % VERSIONS;
           frame[AT(b, p)] = latest[b];
           break
       }
    :: running[p] && alive[p] && access[AT(b, p)] < what && !reaches(b, p) ->
        serve(b, p, what, q, no_room)
    od
}

inline touch_any(p, q, no_room)
{
    if
    :: touch(0, p, READ, q, no_room)
    :: touch(0, p, WRITE, q, no_room)
#if BLOCKS == 2
    :: touch(1, p, READ, q, no_room)
    :: touch(1, p, WRITE, q, no_room)
#endif
    fi
}

active proctype host()
{
    byte q, r;
    bool no_room;

end:
    do
    :: touch_any(0, q, no_room)
    od
}

inline end_deferred(p)
{
    byte k = 0;
    do
    :: k < BLOCKS ->
        if
        :: deferred[AT(k, p)] -> access[AT(k, p)] = NONE; deferred[AT(k, p)] = false
        :: else
        fi;
        k++
    :: else -> k = 0; break
    od
}

proctype device(byte p)
{
    byte q, r;
    bool no_room;

end:
    do
    :: atomic {
           alive[p] && !running[p] -> /* a launch begins: what was deferred is done first */
#if BUG != 2
           end_deferred(p);
#endif
           running[p] = true
       }
    :: running[p] && alive[p] -> touch_any(p, q, no_room)
    :: atomic { running[p] -> running[p] = false } /* the launch ends */
    od
}

#ifdef WITH_EVICTION
active proctype evictor()
{
    byte q, victim = 1;

end:
    do
    :: lock(0);
#if DEVICES == 2
        if
        :: victim = 1
        :: victim = 2
        fi;
#endif
        evict_block(0, victim, q);
        victim = 1;
        unlock(0)
    od
}
#endif

#ifdef WITH_DISCARD
active proctype discarder()
{
    byte q;

end:
    do
    :: lock(0);
        take_all_remote(0);
        q = 0;
        do
        :: q < N -> unmap(0, q); q++
        :: else -> break
        od;
        atomic {
            written[0] = false;
            latest[0] = 0;
            q = 0;
            do
            :: q < N -> resident[AT(0, q)] = false; q++
            :: else -> q = 0; break
            od
        }
        unlock(0)
    od
}
#endif

#ifdef WITH_DEATH
/* Device 1 is killed from outside; its accesses are forgotten block by block, then it restarts. */
active proctype killer()
{
    byte k;

end:
    do
    :: atomic {
           alive[1] ->
           alive[1] = false;
           running[1] = false;
           k = 0;
           do
           :: k < BLOCKS ->
               access[AT(k, 1)] = NONE;
               deferred[AT(k, 1)] = false;
#ifdef WITH_REMOTE
               leads[AT(k, 1)] = HOME;
#endif
               k++
           :: else -> k = 0; break
           od
       };
#if BUG == 7
        alive[1] = true;
#endif
#if BUG != 5
        do
        :: k < BLOCKS ->
            lock(k);
            mapped[AT(k, 1)] = false;
            writable[AT(k, 1)] = false;
#ifdef WITH_REMOTE
            remote[AT(k, 1)] = false;
#endif
            unlock(k);
            k++
        :: else -> k = 0; break
        od;
#else
        mapped[AT(0, 1)] = true; /* the new process inherits what the old one could do */
        access[AT(0, 1)] = WRITE;
#endif
        alive[1] = true
    od
}
#endif

init {
    atomic {
        byte p = 0;
        do
        :: p < N -> alive[p] = true; p++
        :: else -> break
        od;
        running[0] = true;
        run device(1);
#if DEVICES == 2
        run device(2);
#endif
    }
}
