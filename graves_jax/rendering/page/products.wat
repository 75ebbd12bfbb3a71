;; Matrix-vector products, four rows and four columns at a time.
;;
;; out[r] = sum over c of weights[r, c] x[c]; all arrays are float32 and lie in
;; the exported memory, weights row by row. Rows and columns must be multiples
;; of 4, which zeros that are added to the weights see to.
(module
  (memory (export "memory") 1)
  (func (export "multiply")
    (param $weights i32) (param $rows i32) (param $columns i32)
    (param $x i32) (param $out i32)
    (local $bytes i32) ;; of a row
    (local $end i32) ;; of x
    (local $at i32) ;; in x
    (local $second i32) (local $third i32) (local $fourth i32) ;; rows
    (local $four v128) ;; of x
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $bytes (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $end (i32.add (local.get $x) (local.get $bytes)))
    (loop $next_rows
      (local.set $a (f32x4.splat (f32.const 0)))
      (local.set $b (local.get $a))
      (local.set $c (local.get $a))
      (local.set $d (local.get $a))
      (local.set $second (i32.add (local.get $weights) (local.get $bytes)))
      (local.set $third (i32.add (local.get $second) (local.get $bytes)))
      (local.set $fourth (i32.add (local.get $third) (local.get $bytes)))
      (local.set $at (local.get $x))
      (loop $next_columns
        (local.set $four (v128.load (local.get $at)))
        (local.set $a (f32x4.add (local.get $a)
          (f32x4.mul (local.get $four) (v128.load (local.get $weights)))))
        (local.set $b (f32x4.add (local.get $b)
          (f32x4.mul (local.get $four) (v128.load (local.get $second)))))
        (local.set $c (f32x4.add (local.get $c)
          (f32x4.mul (local.get $four) (v128.load (local.get $third)))))
        (local.set $d (f32x4.add (local.get $d)
          (f32x4.mul (local.get $four) (v128.load (local.get $fourth)))))
        (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
        (local.set $second (i32.add (local.get $second) (i32.const 16)))
        (local.set $third (i32.add (local.get $third) (i32.const 16)))
        (local.set $fourth (i32.add (local.get $fourth) (i32.const 16)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $next_columns (i32.lt_u (local.get $at) (local.get $end))))
      ;; The first row's end is the second row's start: three rows are left.
      (local.set $weights (local.get $fourth))
      (f32.store (local.get $out) (call $sum (local.get $a)))
      (f32.store offset=4 (local.get $out) (call $sum (local.get $b)))
      (f32.store offset=8 (local.get $out) (call $sum (local.get $c)))
      (f32.store offset=12 (local.get $out) (call $sum (local.get $d)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 4)))
      (br_if $next_rows (local.get $rows))))
  (func $sum (param $four v128) (result f32)
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $four))
        (f32x4.extract_lane 1 (local.get $four)))
      (f32.add (f32x4.extract_lane 2 (local.get $four))
        (f32x4.extract_lane 3 (local.get $four))))))
