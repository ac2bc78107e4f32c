use synergy_std::{Tensor, TensorError};

/// Length of the vector that stands for a text.
pub const BUCKETS: u32 = 256;

/// The model's input: counts of the text's words and pairs of words, each hashed
/// into one of [`BUCKETS`], as contracts/models/train_sentiment.py makes them.
///
/// # Errors
/// None that a text can cause.
pub fn features(text: &str) -> Result<Tensor, TensorError> {
    let text = text.to_ascii_lowercase();
    let words: Vec<&[u8]> = text.as_bytes().split(|byte| !is_word(*byte)).filter(|word| !word.is_empty()).collect();
    let pairs = words.windows(2).map(|pair| pair.join(&b' '));
    let mut counts = [0_i64; BUCKETS as usize];
    for token in words.iter().map(|word| word.to_vec()).chain(pairs) {
        if let Some(count) = counts.get_mut(bucket(&token)) {
            *count = count.saturating_add(1);
        }
    }
    Tensor::from_fixed("features", &[1, BUCKETS.into()], &counts, 0)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte >= 0x80
}

/// FNV-1a, 32 bits.
fn bucket(token: &[u8]) -> usize {
    let hash = token.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    (hash % BUCKETS) as usize
}
