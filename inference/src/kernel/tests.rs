//! Every version against the definition written out, and calls that are refused.

use super::*;

/// A guest's memory with room for operands at fixed places.
struct Memory {
    words: Vec<u32>,
}

const SIZE: usize = 1 << 20;
const STEPS: u32 = 0x400;
const A: u32 = 0x1_0000;
const B: u32 = 0x4_0000;
const C: u32 = 0x8_0000;
const OPERAND: u32 = 0xc_0000;

/// A generator of bits (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u32) -> u32 {
        (self.next() % u64::from(bound)) as u32
    }
}

/// What operands are made of.
const KINDS: [fn(&mut Random) -> u32; 6] = [
    // Around one, with full mantissas.
    |random| (random.below(2) << 31) | (random.below(8) + 123) << 23 | random.below(1 << 23),
    // Subnormals and the smallest normals.
    |random| (random.below(2) << 31) | random.below(1 << 24),
    // All exponents.
    |random| random.next() as u32 & 0xff7f_ffff,
    // Signed zeros, ones, the largest, infinities.
    |random| {
        const SPECIAL: [u32; 8] = [0, 1 << 31, 0x3f80_0000, 0xbf80_0000, 0x7f7f_ffff, 0xff7f_ffff, 0x7f80_0000, 1];
        SPECIAL[random.below(8) as usize]
    },
    // Products that cancel, where a sum rounded twice would differ.
    |random| [0x3f80_0001, 0xbf80_0001, 0x3f7f_ffff, 0xbf7f_ffff, 0x3380_0000][random.below(5) as usize],
    // NaNs with all payloads among numbers.
    |random| if random.below(20) == 0 { 0x7f80_0000 | random.next() as u32 | 1 } else { random.below(1 << 30) },
];

fn call(m: u32, n: u32, k: u32, a_rows: u32) -> Call {
    Call {
        m,
        n,
        k,
        a: A,
        a_rows,
        a_panel: 4 * a_rows * k,
        b: B,
        b_panel: 4 * LANES as u32 * k + 64,
        c: C,
        c_row: 4 * n.cast_signed(),
        c_column: 4,
        steps: STEPS,
        step_count: 0,
    }
}

impl Memory {
    fn filled(kind: fn(&mut Random) -> u32, random: &mut Random) -> Memory {
        Memory { words: (0..SIZE / 4).map(|_| kind(random)).collect() }
    }

    fn float(&self, address: i64) -> f32 {
        f32::from_bits(self.words[usize::try_from(address / 4).unwrap()])
    }

    fn write_steps(&mut self, steps: &[[u32; 4]]) {
        let start = STEPS as usize / 4;
        self.words[start..start + 4 * steps.len()].copy_from_slice(steps.as_flattened());
    }

    fn run(&self, version: Version, call: &Call) -> (i32, Vec<u32>) {
        let mut words = self.words.clone();
        // SAFETY: the memory is ours and this CPU runs the version.
        let status = unsafe { matmul_with(version, words.as_mut_ptr().cast(), SIZE, call) };
        (status, words)
    }

    /// The definition, element by element.
    fn expected(&self, call: &Call) -> Vec<u32> {
        let mut words = self.words.clone();
        for i in 0..call.m {
            for j in 0..call.n {
                let mut x = 0f32;
                for k in 0..call.k {
                    let a = call.a + i / call.a_rows * call.a_panel + 4 * (k * call.a_rows + i % call.a_rows);
                    let b = call.b + j / 16 * call.b_panel + 4 * (16 * k + j % 16);
                    x = exact_fused(self.float(a.into()), self.float(b.into()), x);
                }
                for index in 0..call.step_count {
                    let word = |number: u32| self.words[((call.steps + 16 * index) / 4 + number) as usize];
                    let strided = |number, by: u32| i64::from(word(number).cast_signed()) * i64::from(by);
                    let v = match word(0) / 8 {
                        0 => f32::from_bits(word(1)),
                        _ => self.float(i64::from(word(1)) + strided(2, i) + strided(3, j)),
                    };
                    x = operate(word(0) % 8, x, v);
                }
                let at =
                    i64::from(call.c) + i64::from(call.c_row) * i64::from(i) + i64::from(call.c_column) * i64::from(j);
                words[usize::try_from(at / 4).unwrap()] = canonical(x);
            }
        }
        words
    }
}

/// An operation by its number.
fn operate(operation: u32, x: f32, v: f32) -> f32 {
    match operation {
        0 | 1 if x.is_nan() || v.is_nan() => f32::NAN,
        0 => {
            if v < x {
                v
            } else {
                x
            }
        }
        1 => {
            if v > x {
                v
            } else {
                x
            }
        }
        2 => x + v,
        3 => x * v,
        4 => v - x,
        _ => x - v,
    }
}

/// `a · b + c`, rounded once, without a fused instruction or the C library: the
/// product is exact in double precision, the sum is rounded to odd there, and so
/// rounding it to single precision is the only rounding that counts.
fn exact_fused(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    if !sum.is_finite() {
        return sum as f32;
    }
    let back = sum - product;
    let error = (product - (sum - back)) + (c - back);
    let odd = match error {
        0.0 => sum,
        _ if sum.to_bits() % 2 == 1 => sum,
        // Towards the exact sum.
        error if (error > 0.0) == (sum > 0.0) => f64::from_bits(sum.to_bits() + 1),
        _ => f64::from_bits(sum.to_bits() - 1),
    };
    odd as f32
}

fn versions() -> impl Iterator<Item = Version> {
    Version::all().into_iter().filter(|version| version.runs_here())
}

/// Compares every version with the definition.
fn agree(memory: &Memory, call: &Call) {
    let expected = memory.expected(call);
    for version in versions() {
        let (status, found) = memory.run(version, call);
        assert_eq!(status, DONE, "{call:?}");
        let differs = found.iter().zip(&expected).position(|(one, other)| one != other);
        assert_eq!(differs.map(|at| (4 * at, found[at], expected[at])), None, "{version:?} {call:?}");
    }
}

#[test]
fn all_versions_give_the_bits_of_the_definition() {
    println!("versions: {:?}", versions().collect::<Vec<_>>());
    let mut random = Random(7);
    for round in 0..240 {
        let memory = Memory::filled(KINDS[round % KINDS.len()], &mut random);
        let (m, n) = (1 + random.below(40), 1 + random.below(70));
        let a_rows = [1, 5, 12][round % 3];
        let m = if a_rows == 1 { m.min(3) } else { m };
        agree(&memory, &call(m, n, random.below(20), a_rows));
    }
}

#[test]
fn all_shapes_of_tiles_agree() {
    let mut random = Random(8);
    let memory = Memory::filled(KINDS[0], &mut random);
    for m in 1..=13 {
        for n in [1, 15, 16, 17, 33, 48, 64, 65, 97] {
            agree(&memory, &call(m, n, 5, 12));
            agree(&memory, &call(m, n, 3, 6));
        }
    }
    agree(&memory, &call(12, 32, 0, 12));
    agree(&memory, &call(12, 32, 300, 12));
}

#[test]
fn long_chains_of_cancelling_products_agree() {
    let mut random = Random(9);
    let mixed: fn(&mut Random) -> u32 = |random| KINDS[random.below(5) as usize](random);
    for kind in [KINDS[0], KINDS[4], mixed] {
        let memory = Memory::filled(kind, &mut random);
        agree(&memory, &call(12, 40, 700, 12));
        agree(&memory, &call(1, 64, 700, 1));
    }
}

#[test]
fn results_can_lie_in_any_direction() {
    let mut random = Random(10);
    let memory = Memory::filled(KINDS[0], &mut random);
    let plain = call(14, 20, 6, 12);
    agree(&memory, &Call { c_row: 4, c_column: 4 * 14, ..plain });
    agree(&memory, &Call { c_row: 4 * 31, c_column: 4, ..plain });
    agree(&memory, &Call { c_row: 8, c_column: 8 * 14, ..plain });
    agree(&memory, &Call { c: C + 0x4000, c_row: -4 * 20, ..plain });
    agree(&memory, &Call { c: C + 0x4000, c_row: 4 * 20, c_column: -4, ..plain });
    agree(&memory, &Call { m: 1, c_row: 0, ..plain });
    agree(&memory, &Call { n: 1, c_row: 4, c_column: 0, ..plain });
    agree(&memory, &Call { m: 1, n: 1, c_row: 0, c_column: 0, ..plain });
}

#[test]
fn steps_are_applied_in_their_order() {
    let mut random = Random(11);
    for kind in KINDS {
        let mut memory = Memory::filled(kind, &mut random);
        let plain = call(14, 37, 4, 12);
        let row = [4, 0];
        let column = [0, 4];
        let both = [4 * 40, 4];
        let turned = [4, 4 * 40];
        for operation in 0..6 {
            for [by_row, by_column] in [row, column, both, turned, [0, 0]] {
                let bits = kind(&mut random);
                memory.write_steps(&[
                    [operation, bits, 0, 0],
                    [operation + 8, OPERAND, by_row, by_column],
                    [(operation + 1) % 6 + 8, OPERAND + 0x100, by_column, by_row],
                ]);
                for step_count in 1..=3 {
                    agree(&memory, &Call { step_count, ..plain });
                }
            }
        }
    }
}

#[test]
fn what_leaves_the_memory_or_overlaps_is_refused_and_changes_nothing() {
    let mut memory = Memory::filled(KINDS[0], &mut Random(12));
    let good = call(14, 20, 6, 12);
    let end = SIZE as u32;
    memory.write_steps(&[[8, OPERAND, 4, 0]]);
    let step = |words| {
        let mut memory = Memory { words: memory.words.clone() };
        memory.write_steps(&[words]);
        (memory, Call { step_count: 1, ..good })
    };
    let same = |call: Call| (Memory { words: memory.words.clone() }, call);
    let refused = [
        same(Call { a: end - 4, ..good }),
        same(Call { a: u32::MAX - 3, ..good }),
        same(Call { a_panel: u32::MAX - 3, ..good }),
        same(Call { b: end, ..good }),
        same(Call { b_panel: 1 << 31, ..good }),
        same(Call { c: end - 4, ..good }),
        same(Call { c_row: i32::MIN, ..good }),
        same(Call { c_row: -80, c: 0, ..good }),
        same(Call { k: u32::MAX, ..good }),
        same(Call { m: u32::MAX, ..good }),
        same(Call { n: u32::MAX, ..good }),
        same(Call { m: u32::MAX, n: u32::MAX, k: u32::MAX, ..good }),
        same(Call { a_rows: 0, ..good }),
        same(Call { a_rows: 13, ..good }),
        same(Call { a: A + 1, ..good }),
        same(Call { b_panel: 2, ..good }),
        same(Call { c_row: 82, ..good }),
        // Elements of the result on top of each other, or of the operands.
        same(Call { c_row: 0, ..good }),
        same(Call { c_column: 0, ..good }),
        same(Call { c_row: 76, ..good }),
        same(Call { c: A, ..good }),
        same(Call { c: B + 64, ..good }),
        same(Call { c: STEPS, step_count: 1, ..good }),
        same(Call { c: OPERAND, step_count: 1, ..good }),
        // Steps.
        same(Call { steps: end - 12, step_count: 1, ..good }),
        same(Call { step_count: 17, ..good }),
        step([6, 0, 0, 0]),
        step([16, OPERAND, 0, 0]),
        step([8, end, 0, 0]),
        step([8, OPERAND, 1 << 30, 0]),
        step([8, OPERAND, u32::MAX - 1, 0]),
        step([8, OPERAND + 2, 4, 0]),
        step([u32::MAX, OPERAND, 4, 0]),
    ];
    for (memory, call) in refused {
        for version in versions() {
            let (status, words) = memory.run(version, &call);
            assert_eq!(status, REFUSED, "{call:?}");
            assert!(words == memory.words, "{call:?}");
        }
    }
    for empty in [Call { m: 0, ..good }, Call { n: 0, ..good }] {
        let (status, words) = memory.run(Version::Portable, &empty);
        assert_eq!((status, words == memory.words), (DONE, true));
    }
    agree(&memory, &good);
}

#[test]
fn operations_on_rows_give_the_bits_of_the_definition() {
    let mut random = Random(13);
    for round in 0..120 {
        let kind = KINDS[round % KINDS.len()];
        let memory = Memory::filled(kind, &mut random);
        let len = [0, 1, 3, 16, 17, 64, 100, 1000][random.below(8) as usize];
        let x = A + 4 * random.below(4);
        for operation in 0..6 {
            let scalar = kind(&mut random);
            for (function, value) in [(operation, scalar), (operation + 8, OPERAND + 4 * random.below(4))] {
                let expected = |index: u32| {
                    let bits = if function < 8 { value } else { memory.words[(value / 4 + index) as usize] };
                    canonical(operate(operation, memory.float((x + 4 * index).into()), f32::from_bits(bits)))
                };
                for version in versions() {
                    let mut words = memory.words.clone();
                    // SAFETY: the memory is ours and this CPU runs the version.
                    let status =
                        unsafe { rows::map_with(version, words.as_mut_ptr().cast(), SIZE, x, len, function, value) };
                    assert_eq!(status, Some(DONE));
                    for index in 0..len {
                        let found = words[(x / 4 + index) as usize];
                        assert_eq!(found, expected(index), "{version:?} {function} element {index} of {len}");
                    }
                    assert_eq!(words[(x / 4 + len) as usize], memory.words[(x / 4 + len) as usize]);
                }
            }
        }
    }
}

fn canonical(x: f32) -> u32 {
    if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() }
}

#[test]
fn operations_on_rows_outside_the_memory_are_refused() {
    let memory = Memory::filled(KINDS[0], &mut Random(14));
    let end = SIZE as u32;
    let refused = [
        (end, 1, 2, 0),
        (A, u32::MAX, 2, 0),
        (A + 2, 1, 2, 0),
        (u32::MAX - 3, 1, 2, 0),
        (A, 1, 6, 0),
        (A, 1, 7, 0),
        (A, 1, 14, OPERAND),
        (A, 1, 16, OPERAND),
        (A, 1, u32::MAX, OPERAND),
        (A, 1, 10, end),
        (A, 1, 10, OPERAND + 1),
        (A, 8, 10, A + 28),
        (A, 8, 10, A),
    ];
    for (x, len, function, value) in refused {
        for version in versions() {
            let mut words = memory.words.clone();
            // SAFETY: the memory is ours and this CPU runs the version.
            let status = unsafe { rows::map_with(version, words.as_mut_ptr().cast(), SIZE, x, len, function, value) };
            assert_eq!(status, None, "{x} {len} {function} {value}");
            assert!(words == memory.words);
        }
    }
}

#[test]
fn depthwise_rows_give_the_bits_of_the_definition() {
    let mut random = Random(15);
    for round in 0..150 {
        let kind = KINDS[round % KINDS.len()];
        let mut memory = Memory::filled(kind, &mut random);
        let stride = [1, 2, 1, 3, 1][round % 5];
        let (count, len) = (random.below(26), random.below(150));
        for tap in 0..count {
            memory.words[(STEPS / 4 + tap) as usize] =
                random.below(2000).cast_signed().wrapping_sub(1000).cast_unsigned();
        }
        let call =
            Depthwise { input: A, output: C, taps: B, offsets: STEPS, count, bias: kind(&mut random), len, stride };
        for version in versions() {
            let mut words = memory.words.clone();
            // SAFETY: the memory is ours and this CPU runs the version.
            let status = unsafe { rows::depthwise_with(version, words.as_mut_ptr().cast(), SIZE, &call) };
            assert_eq!(status, Some(DONE));
            for point in 0..len {
                let mut x = f32::from_bits(call.bias);
                for tap in 0..count {
                    let offset = i64::from(memory.words[(STEPS / 4 + tap) as usize].cast_signed());
                    let from = i64::from(A) + 4 * (offset + i64::from(point * stride));
                    x = exact_fused(memory.float(i64::from(B + 4 * tap)), memory.float(from), x);
                }
                assert_eq!(words[(C / 4 + point) as usize], canonical(x), "{version:?} {call:?} point {point}");
            }
            assert!(words[..(C / 4) as usize] == memory.words[..(C / 4) as usize]);
            assert!(words[(C / 4 + len) as usize..] == memory.words[(C / 4 + len) as usize..]);
        }
    }
}

#[test]
fn depthwise_rows_outside_the_memory_are_refused() {
    let mut memory = Memory::filled(KINDS[0], &mut Random(16));
    memory.words[STEPS as usize / 4..][..3].copy_from_slice(&[0, 5, (-3i32).cast_unsigned()]);
    let end = SIZE as u32;
    let good = Depthwise { input: A, output: C, taps: B, offsets: STEPS, count: 3, bias: 0, len: 20, stride: 1 };
    let refused = [
        Depthwise { input: end, ..good },
        Depthwise { input: 8, ..good },
        Depthwise { input: A + 1, ..good },
        Depthwise { input: C, ..good },
        Depthwise { input: C - 4 * 20, ..good },
        Depthwise { output: end - 76, ..good },
        Depthwise { output: STEPS, ..good },
        Depthwise { output: B, ..good },
        Depthwise { taps: end - 8, ..good },
        Depthwise { offsets: end - 8, ..good },
        // Taken from the weights, these offsets are far outside.
        Depthwise { offsets: B, ..good },
        Depthwise { count: 1025, ..good },
        Depthwise { len: u32::MAX, ..good },
        Depthwise { stride: 0, ..good },
        Depthwise { stride: 256, ..good },
        Depthwise { input: end - 4 * 30, stride: 2, ..good },
    ];
    for call in refused {
        for version in versions() {
            let mut words = memory.words.clone();
            // SAFETY: the memory is ours and this CPU runs the version.
            let status = unsafe { rows::depthwise_with(version, words.as_mut_ptr().cast(), SIZE, &call) };
            assert_eq!(status, None, "{call:?}");
            assert!(words == memory.words);
        }
    }
}
