// SPDX-License-Identifier: MIT
// heat.js - the map of address against time, coloured by who touched, who held, or what moved.

function layersOf(model) {
    return {
        touched: {
            text: model.heat.touches_from === 'accesses' ? 'Who touched' : 'Who faulted',
            about: model.heat.touches_from === 'accesses'
                ? 'Colour says which processors touched the addresses, strength how often.'
                : 'Colour says whose faults were served, strength how many pages. Touches that did ' +
                  'not fault are not in this trace.',
        },
        held: {
            text: 'Who held',
            about: 'Colour says which processor received most of these pages last, strength which ' +
                   'share of them. Others may have had copies for reading.',
        },
        moved: {text: 'What moved', about: 'The stronger, the more pages were copied.'},
    };
}

function rgb(text) {
    const canvas = element('canvas', {width: 1, height: 1}), ctx = canvas.getContext('2d');

    ctx.fillStyle = text;
    ctx.fillRect(0, 0, 1, 1);
    return ctx.getImageData(0, 0, 1, 1).data;
}

// A function from a cell to [colour, strength], or null.
function painter(model, layer) {
    const h = model.heat, several = rgb(colour('several')), moved = rgb(colour('moved'));
    const processors = Array.from({length: 16}, (unused, i) => rgb(processorColour(i - 1)));
    const log = (values) => {
        let most = 1;

        for (const value of values)
            most = Math.max(most, value);
        return (cell) => 0.3 + 0.7 * Math.log1p(values[cell]) / Math.log1p(most);
    };
    const strength = layer === 'held' ? (cell) => 0.25 + 0.75 * h.share_percent[cell] / 100
        : log(layer === 'moved' ? h.moved : h.touched);

    switch (layer) {
    case 'held':
        return (cell) => h.holder[cell] && [processors[h.holder[cell] - 1], strength(cell)];
    case 'moved':
        return (cell) => h.moved[cell] && [moved, strength(cell)];
    default:
        return (cell) => {
            const by = h.by[cell];

            return by && [by & (by - 1) ? several : processors[31 - Math.clz32(by)],
                          strength(cell)];
        };
    }
}

function paint(model, layer) {
    const h = model.heat, canvas = element('canvas', {width: h.columns, height: h.rows});
    const ctx = canvas.getContext('2d'), image = ctx.createImageData(h.columns, h.rows);
    const of = painter(model, layer);

    for (let cell = 0; cell < h.rows * h.columns; cell++) {
        const painted = of(cell);

        if (painted) {
            image.data.set(painted[0].subarray(0, 3), 4 * cell);
            image.data[4 * cell + 3] = 255 * painted[1];
        }
    }
    ctx.putImageData(image, 0, 0);
    return canvas;
}

// Rows of neighbouring addresses of one region: [{region, first, end}]
function regionStretches(model) {
    const list = [];

    model.heat.row.forEach((row, i) => {
        const last = list[list.length - 1];

        if (last && last.region === row.region)
            last.end = i + 1;
        else
            list.push({region: row.region, first: i, end: i + 1});
    });
    return list;
}

function shorten(text, length) {
    return text.length > length ? text.slice(0, length - 1) + '…' : text;
}

function processorNames(model) {
    const map = new Map(model.run.processors.map((p) => [p.processor, p.name]));

    if (!map.has(-1))
        map.set(-1, 'host');
    for (const lane of model.timeline.lanes)
        if (!map.has(lane.device))
            map.set(lane.device, lane.name);
    return map;
}

function cellText(model, layer, names, row, column) {
    const h = model.heat, cell = row * h.columns + column;
    const who = [...names].filter(([p]) => h.by[cell] & 1 << (p + 1)).map(([, name]) => name);

    if (layer === 'held')
        return h.holder[cell] ? (names.get(h.holder[cell] - 2) || 'device') + ' held ' +
            h.share_percent[cell] + ' % of these pages' : 'nobody held these pages';
    if (layer === 'moved')
        return formatCount(h.moved[cell]) + ' pages moved';
    return who.length ? who.join(' and ') + ', ' + formatCount(h.touched[cell]) +
        (h.touches_from === 'accesses' ? ' touches' : ' pages') : 'nobody';
}

class HeatMap {
    constructor(model, view, parent) {
        this.model = model;
        this.layer = 'touched';
        this.names = processorNames(model);
        this.layers = layersOf(model);
        this.image = paint(model, this.layer);
        this.chart = new Chart(view, parent, this.spec(view));
        this.makeSwitch();
    }

    keys() {
        const processors = [...this.names].map(([p, name]) => [name, processorColour(p)]);

        switch (this.layer) {
        case 'held': return processors;
        case 'moved': return [['pages copied', colour('moved')]];
        default: return [...processors, ['several', colour('several')]];
        }
    }

    spec(view) {
        const h = this.model.heat, stretches = regionStretches(this.model);
        const large = stretches.filter((s) => s.end - s.first >= h.rows / 24);

        return {
            id: 'chart-map', title: 'Addresses, low ones on top', height: 420,
            label: 'Map of address against time: ' + stretches.length + ' stretches of regions in ' +
                h.rows + ' rows',
            keys: () => this.keys(),
            series: () => [{show: false}],
            data: (range) => [[range[0], range[1]], [0, 0]],
            read: (ns, plot) => this.read(ns, plot, view),
            y: {range: () => [0, Math.max(1, h.rows)], dir: -1, grid: false,
                splits: () => large.map((s) => (s.first + s.end) / 2),
                values: () => large.map((s) => shorten(s.region, 15))},
            draw: (plot) => this.draw(plot, view, stretches),
        };
    }

    read(ns, plot, view) {
        const h = this.model.heat, column = Math.min(h.columns - 1, Math.floor(ns / h.column_ns));
        const row = Math.floor(plot.posToVal(plot.cursor.top, 'y'));

        if (!h.row[row] || plot.cursor.top < 0)
            return '';
        return formatMoment(ns, view.range[1] - view.range[0]) + '  ' + h.row[row].address + '  ' +
            shorten(h.row[row].region, 24) + ':  ' +
            cellText(this.model, this.layer, this.names, row, column);
    }

    draw(plot, view, stretches) {
        const h = this.model.heat, ctx = plot.ctx, box = plot.bbox, [from, to] = view.range;

        if (!h.rows)
            return;
        ctx.save();
        ctx.beginPath();
        ctx.rect(box.left, box.top, box.width, box.height);
        ctx.clip();
        ctx.imageSmoothingEnabled = false;
        const left = plot.valToPos(0, 'x', true);
        const right = plot.valToPos(h.columns * h.column_ns, 'x', true);
        ctx.drawImage(this.image, left, box.top, right - left, box.height);
        ctx.strokeStyle = colour('line');
        ctx.lineWidth = devicePixelRatio;
        ctx.beginPath();
        for (const stretch of stretches.slice(1)) {
            const y = Math.round(plot.valToPos(stretch.first, 'y', true)) + 0.5;

            ctx.moveTo(box.left, y);
            ctx.lineTo(box.left + box.width, y);
        }
        if (stretches.length < 64)
            ctx.stroke();
        ctx.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
        ctx.restore();
    }

    show(layer) {
        this.layer = layer;
        this.repaint();
        document.getElementById('map-about').textContent = this.layers[layer].about;
    }

    repaint() {
        this.image = paint(this.model, this.layer);
        this.chart.build();
    }

    makeSwitch() {
        const set = document.getElementById('layers');

        for (const [layer, {text}] of Object.entries(this.layers)) {
            const input = element('input', {type: 'radio', name: 'layer', value: layer,
                                            checked: layer === this.layer ? '' : null});

            input.addEventListener('change', () => this.show(layer));
            set.append(element('label', {}, input, text));
        }
        document.getElementById('map-about').textContent = this.layers[this.layer].about;
    }
}

// By region: who touched, who held at the end, how much moved.  The map for those who cannot see it.
function heatTable(model) {
    const h = model.heat, names = processorNames(model);
    const rows = regionStretches(model).map((stretch) => {
        let by = 0, touched = 0, moved = 0, holder = 0;

        for (let cell = stretch.first * h.columns; cell < stretch.end * h.columns; cell++) {
            by |= h.by[cell];
            touched += h.touched[cell];
            moved += h.moved[cell];
        }
        holder = h.holder[stretch.first * h.columns + h.columns - 1];
        return [stretch.region, h.row[stretch.first].address,
                [...names].filter(([p]) => by & 1 << (p + 1)).map(([, n]) => n).join(', ') || '–',
                formatCount(touched), formatCount(moved),
                holder ? names.get(holder - 2) || 'device' : 'nobody'];
    });

    return table('Whole run, in order of address',
                 [{title: 'Region', text: true}, {title: 'From address'},
                  {title: h.touches_from === 'accesses' ? 'Touched by' : 'Faulted on by', text: true},
                  {title: h.touches_from === 'accesses' ? 'Touches' : 'Pages served'},
                  {title: 'Pages moved'}, {title: 'Held at the end by', text: true}], rows);
}
