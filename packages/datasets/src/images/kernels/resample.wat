;; Pillow's two resampling passes over uint8, four sums of 32 bits at a time (src/libImaging/Resample.c):
;; pixel = clip((2^21 + sum of weight * pixel) >> 22, 0, 255).
;;
;; Both passes write a few bytes beyond what they make, which what they make next overwrites; after the last
;; there must be 16 bytes to spare. Compiled by scripts/compileWat.mjs into resample.wasm.ts.
(module
  (memory (export "memory") 1)

  ;; For every row of the image and every output position x: the weighted sum of count[x] pixels from first[x] on.
  ;; A pixel has up to 4 channels; of fewer the other sums are of neighbours and come to nothing.
  (func (export "across")
    (param $source i32) (param $height i32) (param $line i32) (param $channels i32)
    (param $size i32) (param $first i32) (param $count i32) (param $weights i32) (param $stride i32)
    (param $out i32)
    (local $x i32) (local $at i32) (local $w i32) (local $end i32) (local $sum v128)
    (loop $rows
      (local.set $x (i32.const 0))
      (loop $columns
        (local.set $at (i32.add (local.get $source)
          (i32.mul (i32.load (i32.add (local.get $first) (i32.shl (local.get $x) (i32.const 2)))) (local.get $channels))))
        (local.set $w (i32.add (local.get $weights) (i32.mul (i32.shl (local.get $x) (i32.const 2)) (local.get $stride))))
        (local.set $end (i32.add (local.get $w)
          (i32.shl (i32.load (i32.add (local.get $count) (i32.shl (local.get $x) (i32.const 2)))) (i32.const 2))))
        (local.set $sum (v128.const i32x4 2097152 2097152 2097152 2097152))
        (block $done
          (loop $taps
            (br_if $done (i32.ge_u (local.get $w) (local.get $end)))
            (local.set $sum (i32x4.add (local.get $sum) (i32x4.mul
              (v128.load32_splat (local.get $w))
              (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $at)))))))
            (local.set $at (i32.add (local.get $at) (local.get $channels)))
            (local.set $w (i32.add (local.get $w) (i32.const 4)))
            (br $taps)))
        (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 22)))
        (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
        (v128.store32_lane 0 (local.get $out) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
        (local.set $out (i32.add (local.get $out) (local.get $channels)))
        (local.set $x (i32.add (local.get $x) (i32.const 1)))
        (br_if $columns (i32.lt_u (local.get $x) (local.get $size))))
      (local.set $source (i32.add (local.get $source) (local.get $line)))
      (local.set $height (i32.sub (local.get $height) (i32.const 1)))
      (br_if $rows (local.get $height))))

  ;; For every output row y: the weighted sum of count[y] rows of `line` bytes from first[y] on, 16 bytes at a time.
  (func (export "down")
    (param $source i32) (param $line i32)
    (param $size i32) (param $first i32) (param $count i32) (param $weights i32) (param $stride i32)
    (param $out i32)
    (local $y i32) (local $x i32) (local $top i32) (local $at i32) (local $w i32) (local $begin i32) (local $end i32)
    (local $pixels v128) (local $low v128) (local $high v128) (local $weight v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $rows
      (local.set $top (i32.add (local.get $source)
        (i32.mul (i32.load (i32.add (local.get $first) (i32.shl (local.get $y) (i32.const 2)))) (local.get $line))))
      (local.set $begin (i32.add (local.get $weights) (i32.mul (i32.shl (local.get $y) (i32.const 2)) (local.get $stride))))
      (local.set $end (i32.add (local.get $begin)
        (i32.shl (i32.load (i32.add (local.get $count) (i32.shl (local.get $y) (i32.const 2)))) (i32.const 2))))
      (local.set $x (i32.const 0))
      (loop $columns
        (local.set $at (i32.add (local.get $top) (local.get $x)))
        (local.set $w (local.get $begin))
        (local.set $a (v128.const i32x4 2097152 2097152 2097152 2097152))
        (local.set $b (local.get $a))
        (local.set $c (local.get $a))
        (local.set $d (local.get $a))
        (block $done
          (loop $taps
            (br_if $done (i32.ge_u (local.get $w) (local.get $end)))
            (local.set $weight (v128.load32_splat (local.get $w)))
            (local.set $pixels (v128.load (local.get $at)))
            (local.set $low (i16x8.extend_low_i8x16_u (local.get $pixels)))
            (local.set $high (i16x8.extend_high_i8x16_u (local.get $pixels)))
            (local.set $a (i32x4.add (local.get $a) (i32x4.mul (local.get $weight) (i32x4.extend_low_i16x8_u (local.get $low)))))
            (local.set $b (i32x4.add (local.get $b) (i32x4.mul (local.get $weight) (i32x4.extend_high_i16x8_u (local.get $low)))))
            (local.set $c (i32x4.add (local.get $c) (i32x4.mul (local.get $weight) (i32x4.extend_low_i16x8_u (local.get $high)))))
            (local.set $d (i32x4.add (local.get $d) (i32x4.mul (local.get $weight) (i32x4.extend_high_i16x8_u (local.get $high)))))
            (local.set $at (i32.add (local.get $at) (local.get $line)))
            (local.set $w (i32.add (local.get $w) (i32.const 4)))
            (br $taps)))
        (v128.store (i32.add (local.get $out) (local.get $x))
          (i8x16.narrow_i16x8_u
            (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $a) (i32.const 22)) (i32x4.shr_s (local.get $b) (i32.const 22)))
            (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $c) (i32.const 22)) (i32x4.shr_s (local.get $d) (i32.const 22)))))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br_if $columns (i32.lt_u (local.get $x) (local.get $line))))
      (local.set $out (i32.add (local.get $out) (local.get $line)))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $y) (local.get $size))))))
