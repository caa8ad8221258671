// SPDX-License-Identifier: MIT
// model.js - the embedded model, unpacked; sums of its bins at coarser levels.

function readModel() {
    const model = JSON.parse(document.getElementById('model').textContent);
    const t = model.timeline, cells = model.heat.rows * model.heat.columns;

    t.levels = {};
    for (const [key, text] of Object.entries(t.series))
        t.levels[key] = [decodeRow(text, t.bins)];
    for (const lane of t.lanes) {
        lane.kernel = decodeRow(lane.kernel, t.bins, Uint16Array);
        lane.busy = decodeRow(lane.busy_percent, t.bins, Uint8Array);
    }
    for (const [layer, Type] of [['touched', Uint32Array], ['by', Uint16Array],
                                 ['moved', Uint32Array], ['holder', Uint8Array],
                                 ['share_percent', Uint8Array]])
        model.heat[layer] = decodeRow(model.heat[layer], cells, Type);
    return model;
}

// Each level has half the bins of the one before; made when first wanted.
function levelOf(levels, level) {
    while (levels.length <= level) {
        const fine = levels[levels.length - 1];
        const coarse = new Float64Array(Math.ceil(fine.length / 2));

        for (let i = 0; i < fine.length; i++)
            coarse[i >> 1] += fine[i];
        levels.push(coarse);
    }
    return levels[level];
}

// The coarsest level that still has `wanted` bins in the view.
function levelFor(timeline, view, wanted) {
    let level = 0;

    while ((view[1] - view[0]) / (timeline.bin_ns * 2 ** (level + 1)) >= wanted && level < 20)
        level++;
    return level;
}

// Sum of a series over [from, to), in nanoseconds behind the start; bins cut by an edge count whole.
function sumIn(timeline, key, from, to) {
    const bins = timeline.levels[key][0];
    let sum = 0;

    for (let i = Math.max(0, Math.floor(from / timeline.bin_ns));
         i < bins.length && i * timeline.bin_ns < to; i++)
        sum += bins[i];
    return sum;
}

// The busiest kernel of a lane in [from, to): {kernel, share}.
function kernelIn(timeline, lane, from, to) {
    const share = new Map();
    let best = 0, bins = 0;

    for (let i = Math.max(0, Math.floor(from / timeline.bin_ns));
         i < timeline.bins && i * timeline.bin_ns < to; i++, bins++)
        if (lane.kernel[i])
            share.set(lane.kernel[i], (share.get(lane.kernel[i]) || 0) + lane.busy[i]);
    for (const [kernel, busy] of share)
        if (!best || busy > share.get(best))
            best = kernel;
    return {kernel: best, share: best ? share.get(best) / 100 / bins : 0};
}
