// SPDX-License-Identifier: MIT
// charts.js - the timeline: kernels, faults, bytes each way, time spent; all over one view of time.

const AXIS_WIDTH = 118;

// What the charts share: the view in nanoseconds behind the start, and who draws it.
class View {
    constructor(model) {
        const t = model.timeline;

        this.model = model;
        this.length = t.end_ns - t.start_ns;
        this.least = Math.max(8, Math.min(this.length, 16 * t.bin_ns));
        this.range = [0, this.length];
        this.charts = [];
        this.listeners = [];
        this.measure();
    }

    // All charts are as wide as the main column; asking each would lay the page out each time.
    measure(fixed = 0) {
        const main = document.querySelector('main'), style = getComputedStyle(main);

        this.width = fixed || Math.max(300, Math.floor(main.clientWidth -
            parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)));
    }

    tell() {
        for (const listener of this.listeners)
            listener(this.range);
    }

    set(from, to) {
        const span = Math.min(this.length, Math.max(this.least, to - from));

        from = Math.min(Math.max(0, from + (to - from - span) / 2), this.length - span);
        this.range = [from, from + span];
        for (const chart of this.charts)
            chart.show(this.range);
        this.tell();
    }

    zoom(factor, at = 0.5) {
        const [from, to] = this.range, centre = from + (to - from) * at;

        this.set(centre - (centre - from) * factor, centre + (to - centre) * factor);
    }

    move(part) {
        const [from, to] = this.range, span = to - from;
        const start = Math.min(Math.max(0, from + span * part), this.length - span);

        this.set(start, start + span);
    }

    act(name) {
        const span = this.range[1] - this.range[0];

        switch (name) {
        case 'in': return this.zoom(0.5);
        case 'out': return this.zoom(2);
        case 'left': return this.move(-0.25);
        case 'right': return this.move(0.25);
        case 'start': return this.set(0, span);
        case 'end': return this.set(this.length - span, this.length);
        default: return this.set(0, this.length);
        }
    }
}

const KEYS = {'+': 'in', '=': 'in', '-': 'out', '_': 'out', 'ArrowLeft': 'left',
              'ArrowRight': 'right', 'Home': 'start', 'End': 'end', '0': 'all', 'Escape': 'all'};

// Mouse, wheel and keys of one chart.
function steer(view, node, plot) {
    node.addEventListener('keydown', (event) => {
        const act = !event.ctrlKey && !event.metaKey && !event.altKey && KEYS[event.key];

        if (act) {
            event.preventDefault();
            view.act(act);
        }
    });
    node.addEventListener('wheel', (event) => {
        const box = plot().over.getBoundingClientRect();

        if (!event.ctrlKey)
            return;
        event.preventDefault();
        view.zoom(event.deltaY < 0 ? 0.7 : 1 / 0.7, (event.clientX - box.left) / box.width);
    }, {passive: false});
}

// One uPlot in a figure.  spec: {id, title, label, height, keys, series, data(range), read(ns),
// y: {range, values, splits, size}, draw(plot)}
class Chart {
    constructor(view, parent, spec) {
        this.view = view;
        this.spec = spec;
        this.readout = element('span', {class: 'readout', 'aria-hidden': 'true'});
        this.caption = element('figcaption', {}, element('b', {}, spec.title),
                               ...(spec.modelled ? [modelledMark()] : []));
        this.node = element('div', {class: 'chart', id: spec.id, tabindex: '0', role: 'group',
                                    'aria-label': spec.label, 'aria-describedby': 'keys'});
        parent.append(element('figure', {}, this.caption, this.node));
        this.build();
        steer(view, this.node, () => this.plot);
        view.charts.push(this);
    }

    build() {
        const spec = this.spec;

        this.caption.querySelectorAll('.key').forEach((key) => key.remove());
        this.readout.remove();
        for (const [text, fill] of spec.keys())
            this.caption.append(element('span', {class: 'key'},
                                        element('i', {style: 'background:' + fill}), text));
        this.caption.append(this.readout);
        if (this.plot)
            this.plot.destroy();
        this.plot = new uPlot(this.options(), spec.data(this.view.range), this.node);
        const canvas = this.node.querySelector('canvas');
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', spec.label);
    }

    options() {
        const spec = this.spec, ink = colour('soft'), grid = {stroke: colour('grid'), width: 1};
        const axis = {stroke: ink, grid, ticks: {stroke: colour('line'), size: 4},
                      font: '12px system-ui, sans-serif'};
        const time = (plot, splits, axisIndex, space, step) => splits.map((s) =>
            formatMoment(s, this.view.range[1] - this.view.range[0], step));

        return {
            width: this.view.width, height: spec.height,
            legend: {show: false}, padding: [8, 10, 0, 0],
            scales: {x: {time: false, range: () => this.view.range},
                     y: {range: spec.y.range, dir: spec.y.dir || 1}},
            series: [{}, ...spec.series()],
            axes: [{...axis, size: 26, space: 90, values: time},
                   {...axis, size: AXIS_WIDTH, values: spec.y.values, splits: spec.y.splits,
                    space: 24, ...(spec.y.incrs ? {incrs: spec.y.incrs} : {}),
                    ...(spec.y.grid === false ? {grid: {show: false}} : {})}],
            cursor: {sync: {key: 'hum', scales: ['x', null]}, y: false, points: {show: false},
                     drag: {x: true, y: false, setScale: false},
                     bind: {dblclick: () => () => { this.view.act('all'); return null; }}},
            hooks: {
                draw: spec.draw ? [spec.draw] : [],
                setCursor: [(plot) => this.read(plot)],
                setSelect: [(plot) => this.select(plot)],
            },
        };
    }

    read(plot) {
        const left = plot.cursor.left;

        this.readout.textContent =
            left >= 0 ? this.spec.read(plot.posToVal(left, 'x'), plot) : '';
    }

    select(plot) {
        const {left, width} = plot.select;

        if (width < 3)
            return;
        plot.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
        this.view.set(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
    }

    show(range) {
        this.plot.setData(this.spec.data(range), false);
        this.plot.setScale('x', {min: range[0], max: range[1]});
    }

    resize() {
        this.plot.setSize({width: this.view.width, height: this.spec.height});
    }
}

// Rates over the bins in view: x is each bin's start.  signs turns a series downwards.
function rates(model, keys, signs, scale, range) {
    const t = model.timeline, level = levelFor(t, range, 700), width = t.bin_ns * 2 ** level;
    const first = Math.max(0, Math.floor(range[0] / width) - 1);
    const last = Math.min(Math.ceil(t.bins / 2 ** level), Math.ceil(range[1] / width) + 1);
    const data = [[], ...keys.map(() => [])];

    for (let bin = first; bin < last; bin++) {
        data[0].push(bin * width);
        keys.forEach((key, k) => {
            const sum = levelOf(t.levels[key], level)[bin];

            data[k + 1].push(sum ? signs[k] * sum * scale / width : 0);
        });
    }
    return data;
}

function area(name) {
    const stroke = colour(name);

    return {stroke, width: 1, fill: stroke + '59', paths: uPlot.paths.stepped({align: 1}),
            points: {show: false}};
}

// A scale with zero in it and the same unit above and below.
function aroundZero(mirrored) {
    return (plot, low, high) => {
        const most = Math.max(high || 0, -(low || 0)) * 1.08 || 1;

        return [mirrored ? Math.min(0, low * 1.08) || (low < 0 ? low : 0) : 0,
                high > 0 || !mirrored ? most : 0];
    };
}

function rateChart(model, view, parent, spec) {
    const readValue = (key, ns) => {
        const level = levelFor(model.timeline, view.range, 700);
        const width = model.timeline.bin_ns * 2 ** level;
        const bin = Math.floor(ns / width), bins = levelOf(model.timeline.levels[key], level);

        return (bins[bin] || 0) * spec.scale / width;
    };

    return new Chart(view, parent, {
        ...spec,
        keys: () => spec.lines.map((line) => [line.text, colour(line.colour)]),
        series: () => spec.lines.map((line) => area(line.colour)),
        data: (range) => rates(model, spec.lines.map((l) => l.key), spec.lines.map((l) => l.sign),
                               spec.scale, range),
        read: (ns) => formatMoment(ns, view.range[1] - view.range[0]) + ':  ' +
            spec.lines.map((l) => spec.format(readValue(l.key, ns)) + ' ' + l.short).join(',  '),
        y: {range: aroundZero(true), incrs: spec.incrs,
            values: (plot, splits) => splits.map((s) => spec.format(Math.abs(s)))},
    });
}

// ---- kernels ---------------------------------------------------------------------------------

// Colours go to the kernels that ran longest.
function kernelColours(model) {
    const busiest = model.kernels.row.filter((k) => k.launches).sort((a, b) => b.busy_ns - a.busy_ns);
    const map = new Map();

    busiest.slice(0, 8).forEach((k, i) => map.set(k.name, 'k' + (i + 1)));
    return map;
}

function drawLanes(model, view, colours, plot) {
    const t = model.timeline, ctx = plot.ctx, [from, to] = view.range;
    const first = Math.max(0, Math.floor(from / t.bin_ns));
    const last = Math.min(t.bins, Math.ceil(to / t.bin_ns));
    const other = colour('idle'), fills = t.kernels.map((n) =>
        colours.has(n) ? colour(colours.get(n)) : other);

    ctx.save();
    ctx.beginPath();
    ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    ctx.clip();
    t.lanes.forEach((lane, row) => {
        const top = plot.valToPos(row + 0.14, 'y', true), low = plot.valToPos(row + 0.86, 'y', true);

        for (let bin = first, end; bin < last; bin = end) {
            const kernel = lane.kernel[bin];

            for (end = bin + 1; end < last && lane.kernel[end] === kernel; end++)
                ;
            if (!kernel)
                continue;
            const x = plot.valToPos(bin * t.bin_ns, 'x', true);
            const width = plot.valToPos(end * t.bin_ns, 'x', true) - x;

            ctx.fillStyle = fills[kernel];
            ctx.fillRect(x, top, Math.max(width, 0.6), low - top);
            if (width > 60)
                writeName(ctx, t.kernels[kernel], x + 5, (top + low) / 2, width - 10);
        }
    });
    ctx.restore();
}

function writeName(ctx, name, x, y, room) {
    ctx.font = 12 * devicePixelRatio + 'px system-ui, sans-serif';
    if (ctx.measureText(name).width > room)
        return;
    ctx.fillStyle = colour('paper');
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'left';
    ctx.fillText(name, x, y);
}

function lanesChart(model, view, parent) {
    const t = model.timeline, colours = kernelColours(model), lanes = t.lanes.length;

    return new Chart(view, parent, {
        id: 'chart-kernels', title: 'Kernels on each device', height: 44 + 30 * lanes,
        label: 'Kernels over time, one lane for each of ' + lanes + ' devices',
        keys: () => {
            const list = [...colours].map(([name, c]) => [name, colour(c)]);

            return model.kernels.row.filter((k) => k.launches).length > colours.size
                ? [...list, ['other kernels', colour('idle')]] : list;
        },
        series: () => [{show: false}],
        data: (range) => [[range[0], range[1]], [0, 0]],
        read: (ns) => {
            const bin = Math.floor(ns / t.bin_ns);

            return formatMoment(ns, view.range[1] - view.range[0]) + ':  ' + t.lanes.map((lane) =>
                lane.name + ' ' + (lane.kernel[bin]
                    ? t.kernels[lane.kernel[bin]] + ', ' + lane.busy[bin] + ' % busy'
                    : 'idle')).join(',  ');
        },
        y: {range: () => [0, lanes], dir: -1, grid: false,
            splits: () => t.lanes.map((lane, i) => i + 0.5),
            values: () => t.lanes.map((lane) => lane.name)},
        draw: (plot) => drawLanes(model, view, colours, plot),
    });
}

// ---- all of them -----------------------------------------------------------------------------

function hasAny(model, key) {
    return model.timeline.levels[key][0].some((value) => value > 0);
}

function makeCharts(model, view, parent) {
    const between = hasAny(model, 'bytes_d2d');

    if (model.timeline.lanes.length)
        lanesChart(model, view, parent);
    rateChart(model, view, parent, {
        id: 'chart-faults', title: 'Faults per second', height: 150, scale: 1e9,
        label: 'Faults per second over time, of devices above and of the host below the line',
        format: (v) => formatCount(v) + '/s',
        lines: [{key: 'faults_device', text: 'of devices', short: 'device', sign: 1,
                 colour: 'device'},
                {key: 'faults_host', text: 'of the host', short: 'host', sign: -1,
                 colour: 'host'}],
    });
    rateChart(model, view, parent, {
        id: 'chart-bytes', title: 'Bytes moved per second', height: 180, scale: 1e9,
        label: 'Bytes per second over time, to devices above and to the host below the line',
        format: (v) => formatBytes(v) + '/s', incrs: Array.from({length: 50}, (u, i) => 2 ** i),
        lines: [{key: 'bytes_h2d', text: 'to devices', short: 'to devices', sign: 1,
                 colour: 'device'},
                {key: 'bytes_d2h', text: 'to the host', short: 'to the host', sign: -1,
                 colour: 'host'},
                ...(between ? [{key: 'bytes_d2d', text: 'between devices', sign: 1,
                                short: 'between devices', colour: 'p2'}] : [])],
    });
    rateChart(model, view, parent, {
        id: 'chart-copying', title: 'Time spent copying', height: 120, scale: 100,
        label: 'Share of time spent copying, measured, over all threads',
        format: (v) => v.toFixed(v < 10 ? 1 : 0) + ' %',
        lines: [{key: 'copy_ns', text: 'copying, measured', short: 'copying, measured', sign: 1,
                 colour: 'copying'}],
    });
    if (model.modelled)
        rateChart(model, view, parent, {
            id: 'chart-modelled', title: 'Link busy', modelled: true, height: 120, scale: 100,
            label: 'Share of time that the modelled link would be busy; modelled, not measured',
            format: (v) => v.toFixed(v < 10 ? 1 : 0) + ' %',
            lines: [{key: 'modelled_ns', text: 'all directions, modelled', short: 'modelled',
                     sign: 1, colour: 'link'}],
        });
    if (hasAny(model, 'evictions'))
        rateChart(model, view, parent, {
            id: 'chart-evictions', title: 'Evictions per second', height: 110, scale: 1e9,
            label: 'Blocks evicted from devices per second over time',
            format: (v) => formatCount(v) + '/s',
            lines: [{key: 'evictions', text: 'blocks of 2 MiB', short: 'blocks', sign: 1,
                     colour: 'several'}],
        });
}
